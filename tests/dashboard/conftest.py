"""A small published day, with hostile rows in it, and a real server and browser to look at it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chertlog.dashboard.server import command
from chertlog.ingest.run import ingest
from chertlog.ingest.settings import Settings
from chertlog.ingest.simulate import write_day
from chertlog.queries import connect

from ..sums import fill_sums

HOSTILE_TRACE = "badc0ffee000"
HOSTILE = (
    '<script>document.title="owned"</script><img src=x onerror=\'document.title="owned"\'>'
    "![t](http://evil.example/t.png) [link](http://evil.example) :material/bug_report:"
)
FORMULA = '=HYPERLINK("http://evil.example","x")'


@dataclass(frozen=True)
class Published:
    """A data directory, and the truth about it, asked in SQL of the contract's views."""

    data_dir: Path

    def rows(self, query: str, **params: Any) -> list[dict[str, Any]]:
        with connect(self.data_dir) as db:
            return db.rows(query, params or None)

    def totals(self, minutes: int, **filters: str) -> dict[str, Any]:
        """Figures of the last so many minutes, by the error rates by minute."""
        where = " and ".join(f"{name} = ${name}" for name in filters) or "true"
        return self.rows(
            f"""
            with newest as (
                select max(minute) + interval 1 minute as ends_at from error_rate_by_minute
            ),
            summed as (
                select sum(responses)::bigint as responses, sum(errors)::bigint as errors,
                    sum(unclassified)::bigint as unclassified,
                    sum(failed_operations)::bigint as failed_operations
                from error_rate_by_minute, newest
                where minute >= ends_at - to_minutes({minutes}) and {where}
            )
            select *, errors / (responses - unclassified) as error_ratio from summed
            """,
            **filters,
        )[0]

    def publish(self, change: str, *params: Any) -> None:
        """Publish the newest generation once more, changed."""
        old = (self.data_dir / "chertlog.duckdb").resolve()
        new = old.with_name(f"{int(old.stem) + 1:06}.duckdb")
        shutil.copyfile(old, new)
        with duckdb.connect(str(new)) as con:
            con.execute(change, list(params))
            fill_sums(con)
        link = self.data_dir / "next"
        link.symlink_to(f"generations/{new.name}")
        link.rename(self.data_dir / "chertlog.duckdb")


# One more response like one that is there: the columns that matter to a test are replaced.
ONE_MORE = """
    insert into store.response by name
    select * replace (
        $1::ubigint as response_id, $1::ubigint as operation_id, $2 as trace_id, $3 as tenant_id,
        $3 as surface, $3 as error_message, $3 as http_route, $3 as url_path, 1 as attempt
    )
    from store.response where is_error and error_code = 4002
    order by occurred_at desc limit 1
"""
ONE_MORE_CONTEXT = """
    insert into store.context by name
    select 1 as context_id, 'app' as log, 'delivery.failed' as event, $1 as delivery_service
"""
ONE_MORE_EVENT = """
    insert into store.event by name
    select * replace ($1 as trace_id, 3 as kind, 1 as context_id, $2 as detail, $2 as tenant_id)
    from store.event where kind = 1 order by occurred_at desc limit 1
"""


@pytest.fixture(scope="session")
def day(
    made_once: Callable[..., tuple[Path, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Published:
    """Three hours of traffic, published; the newest error is a hostile one."""

    def make(folder: Path) -> None:
        write_day(folder / "logs", hours=3, rps=0.7)
        ingest([str(folder / "logs")], Settings(folder / "data", threads=2), final=True)

    made, _ = made_once("dashboard-day", make)
    folder = tmp_path_factory.mktemp("day")
    shutil.copytree(made / "data", folder / "data", symlinks=True)
    (folder / "logs").symlink_to(made / "logs")
    published = Published(folder / "data")
    published.publish(ONE_MORE, 1, HOSTILE_TRACE, HOSTILE)
    published.publish(ONE_MORE_CONTEXT, FORMULA)
    published.publish(ONE_MORE_EVENT, HOSTILE_TRACE, HOSTILE)
    return published


@pytest.fixture
def changing(day: Published, tmp_path: Path) -> Published:
    """A copy of the day in which a test may publish."""
    shutil.copytree(day.data_dir, tmp_path / "data", symlinks=True)
    return Published(tmp_path / "data")


def unfolded(app: Any) -> Any:
    """A page run without a browser, with every table that is folded away opened."""
    for folded in app.expander:
        if folded.key and folded.key.startswith("behind-"):
            app.session_state[folded.key] = True
    return app.run()


@dataclass
class Server:
    """A dashboard serving in a process of its own."""

    url: str
    log: Path
    process: "subprocess.Popen[bytes]" = field(repr=False)
    metrics_port: int = 0

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str]]:
        request = urllib.request.Request(self.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers)


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Starts a dashboard on a data directory; all are stopped in the end."""
    running: list[Server] = []

    def start(data_dir: Path, base_path: str = "", **environment: str) -> Server:
        port, metrics_port = _free_port(), _free_port()
        folder = tmp_path_factory.mktemp("server")
        log = folder / "log.txt"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command(data_dir, port),
                cwd=folder,
                env={
                    **os.environ,
                    "CHERTLOG_METRICS_PORT": str(metrics_port),
                    **environment,
                    "CHERTLOG_BASE_PATH": base_path,
                },
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        server = Server(f"http://127.0.0.1:{port}{base_path}", log, process, metrics_port)
        running.append(server)
        _wait_until_healthy(server)
        return server

    yield start
    for server in running:
        os.killpg(server.process.pid, signal.SIGTERM)
        try:
            server.process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(server.process.pid, signal.SIGKILL)
        assert "Traceback" not in server.log.read_text()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(server: Server) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and server.process.poll() is None:
        try:
            if server.get("/_stcore/health")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"the dashboard did not start:\n{server.log.read_text()}")


@pytest.fixture(scope="session")
def server(day: Published, serve: Callable[..., Server]) -> Server:
    return serve(day.data_dir)


# On a deep link Streamlit's frontend looks for its base path: two 404s by design.
_PROBE = re.compile(r"/[^/]+/_stcore/(health|host-config)$")


class Reader:
    """A page of the dashboard in a browser, and everything that went wrong in it."""

    def __init__(self, page: Any, server: Server) -> None:
        self.page, self._server = page, server
        self.faults: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("response", self._answered)
        page.on("request", self._asked)

    def open(self, path: str) -> "Reader":
        self.page.goto(self._server.url + path)
        self.settle()
        return self

    def settle(self) -> None:
        """Wait until the script has ended and everything late has arrived."""
        app = '[data-testid="stApp"][data-test-script-state="notRunning"]'
        self.page.wait_for_selector(app)
        late = "document.querySelectorAll('[data-stale=\"true\"],[data-testid=stSkeleton]').length"
        self.page.wait_for_function(f"{late} === 0")

    def figure(self, label: str) -> Any:
        """The value of a card, as a locator for `expect`."""
        card = self.page.get_by_test_id("stMetric").filter(has_text=label)
        return card.get_by_test_id("stMetricValue")

    def _heard(self, message: Any) -> None:
        if message.type == "error" and not _PROBE.search(message.location.get("url", "")):
            self.faults.append(f"console: {message.text}")

    def _answered(self, response: Any) -> None:
        if response.status >= 400 and not _PROBE.search(response.url):
            self.faults.append(f"{response.status}: {response.url}")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self._server.url, "data:", "blob:")):
            self.faults.append(f"left the host: {request.url}")


@pytest.fixture
def reading(browser: Any) -> Iterator[Callable[[Server], Reader]]:
    """Opens a fresh browser on a server; afterwards nothing may have gone wrong in it."""
    opened: list[tuple[Any, Reader]] = []

    def on(server: Server) -> Reader:
        context = browser.new_context(
            viewport={"width": 1440, "height": 900},
            # Far from UTC: what is shown must not depend on it.
            timezone_id="Asia/Tokyo",
            locale="en-GB",
            reduced_motion="reduce",
        )
        reader = Reader(context.new_page(), server)
        opened.append((context, reader))
        return reader

    yield on
    for context, reader in opened:
        context.close()
        assert reader.faults == []
