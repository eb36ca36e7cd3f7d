"""Nobody sees anything before the log-in, and only those on the list after it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chertlog.dashboard import login, server

from .conftest import Published, Server
from .provider import CLIENT, Provider

_GOOD = {
    "redirect_uri": "http://127.0.0.1:{port}/oauth2callback",
    "cookie_secret": "0123456789abcdef0123456789abcdef",
    "client_id": CLIENT,
    "client_secret": "secret",
    "server_metadata_url": "http://127.0.0.1:1/.well-known/openid-configuration",
}


def _file(folder: Path, allow: str = "", **changed: str) -> Path:
    auth = {key: value for key, value in {**_GOOD, **changed}.items() if value}
    path = folder / "login.toml"
    lines = ["[auth]", *(f'{key} = "{value}"' for key, value in auth.items())]
    path.write_text("\n".join([*lines, "[chertlog]", f"allow = [{allow}]"]))
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("email", "verified", "admitted"),
    [
        ("Ops@Example.com", True, True),
        ("one@partner.example", True, True),
        ("two@partner.example", True, False),
        ("ops@evil-example.com", True, False),
        ("ops@example.com.evil.example", True, False),
        ("ops@example.com", False, False),
        (None, True, False),
        ("", True, False),
    ],
)
def test_who_is_let_in(tmp_path: Path, email: str | None, verified: bool, admitted: bool) -> None:
    log_in = login.read(_file(tmp_path, '"@example.com", "One@partner.example"'))
    assert log_in.admits(email, verified) is admitted


def test_without_a_list_everyone_the_provider_knows(tmp_path: Path) -> None:
    assert login.read(_file(tmp_path)).admits(None)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"client_secret": ""}, "lacks client_secret"),
        ({"cookie_secret": "short"}, "openssl rand -hex 32"),
        ({"client_id": 'x"\nbroken'}, "is not TOML"),
    ],
)
def test_what_is_wrong_with_the_file_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changed: dict[str, str], said: str
) -> None:
    file = _file(tmp_path, **changed)
    assert server.main(["--login", str(file), "--data-dir", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = _file(tmp_path)
    file.chmod(0o644)
    with pytest.raises(login.Unusable, match="chmod 600"):
        login.read(file)
    with pytest.raises(login.Unusable, match="cannot be read"):
        login.read(tmp_path / "none.toml")


@pytest.fixture
def provider() -> Iterator[Provider]:
    running = Provider()
    yield running
    running.close()


@pytest.mark.browser
def test_nothing_is_seen_before_the_log_in(
    changing: Published,
    serve: Callable[..., Server],
    browser: Any,
    provider: Provider,
    tmp_path: Path,
) -> None:
    from playwright.sync_api import expect

    metadata = f"{provider.url}/.well-known/openid-configuration"
    file = _file(tmp_path, '"@example.com"', server_metadata_url=metadata)
    guarded = serve(changing.data_dir, CHERTLOG_LOGIN=str(file))
    # A deep link on a cold server: its page must not run before the log-in.
    page = browser.new_context(timezone_id="UTC").new_page()
    page.goto(f"{guarded.url}/health")
    expect(page.get_by_text("Log in to see the logs")).to_be_visible()
    expect(page.get_by_text("Lines read")).to_have_count(0)
    provider.email = "nobody@elsewhere.example"
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("nobody@elsewhere.example may not see")).to_be_visible()
    expect(page.get_by_test_id("stMetric")).to_have_count(0)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    provider.email = "ops@example.com"
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_test_id("stMetric").first).to_be_visible()
    expect(page.get_by_text("ops@example.com")).to_be_visible()
    # What is opened and asked is written down under that name.
    trace_id = changing.rows("select min(trace_id) as id from responses where is_error")[0]["id"]
    page.goto(f"{guarded.url}/trace?trace={trace_id}")
    expect(page.locator(".facts")).to_contain_text(trace_id)
    page.goto(f"{guarded.url}/sql?sql=select 42 as answer")
    expect(page.locator(".st-key-answer")).to_contain_text("1 row")
    lines = (changing.data_dir / "audit.log").read_text().splitlines()
    mine = [each for each in map(json.loads, lines) if each["who"] == "ops@example.com"]
    assert [(each["did"], each["door"]) for each in mine] == [
        ("trace", "dashboard"),
        ("sql", "dashboard"),
    ]
    assert mine[0]["trace_id"] == trace_id
    page.context.close()
