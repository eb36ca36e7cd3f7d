"""What the server tells browsers, and what it refuses."""

import http.client
import socket
from pathlib import Path

import pytest

from chertlog.dashboard.server import command, environment, main, streamlit_command

from .conftest import Server


def test_headers_forbid_what_the_dashboard_does_not_need(server: Server) -> None:
    status, headers = server.get("/")
    policy = headers["content-security-policy"]
    assert status == 200
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path", ["/_stcore/metrics", "/_stcore/upload_file/a/b", "/_stcore/agent/openapi.json"]
)
def test_endpoints_it_does_not_need_are_closed(server: Server, path: str) -> None:
    assert server.get(path)[0] == 404


def test_a_name_it_does_not_know_is_refused(server: Server) -> None:
    assert server.get("/", Host="evil.example")[0] == 400
    assert server.get("/", Host="localhost")[0] == 200


def test_it_listens_on_this_machine_only_unless_told_otherwise() -> None:
    assert command("data")[-4:] == ["--port", "8501", "--host", "127.0.0.1"]
    flags = streamlit_command(8600, "0.0.0.0", ["logs.example"])
    assert flags[flags.index("--server.address") + 1] == "0.0.0.0"
    hosts = [flags[n + 1] for n, flag in enumerate(flags) if flag == "--server.allowedHosts"]
    assert hosts == ["localhost", "127.0.0.1", "::1", "logs.example"]


def test_the_data_directory_is_handed_on_as_a_full_path(tmp_path: Path) -> None:
    assert environment(tmp_path / "x" / ".." / "data")["CHERTLOG_DATA_DIR"] == str(
        tmp_path / "data"
    )


def test_a_taken_port_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 3
    assert f"Choose another port: --port {port + 1}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        ("http://evil.example", "localhost", 403),
        ("http://localhost:1", "evil.example", 403),
        ("http://evil.example", "evil.example", 403),
        # Proxies leave the port out of Host, and the browser has it in the origin.
        ("http://localhost:8443", "localhost", 101),
        (None, "localhost", 101),
    ],
)
def test_a_websocket_is_for_our_own_pages(
    server: Server, origin: str | None, host: str, status: int
) -> None:
    headers = {
        "Host": host,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    if origin:
        headers["Origin"] = origin
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    connection.request("GET", "/_stcore/stream", headers=headers)
    assert connection.getresponse().status == status
    connection.close()


def test_a_sub_path_and_a_log_in_are_flags(tmp_path: Path) -> None:
    flags = streamlit_command(8600, "127.0.0.1", [], "/chertlog/", tmp_path / "login.toml")
    assert flags[flags.index("--server.baseUrlPath") + 1] == "chertlog"
    assert flags[flags.index("--secrets.files") + 1] == str(tmp_path / "login.toml")
    assert environment(tmp_path, tmp_path / "login.toml")["CHERTLOG_LOGIN"]
    assert not environment(tmp_path)["CHERTLOG_LOGIN"]
