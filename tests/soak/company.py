"""Who is there during a soak: watch, the dashboard and someone at it, someone with SQL, a receiver.

Each is a context that starts something, counts what it sees, and stops it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any, ClassVar

from prometheus_client.parser import text_string_to_metric_families
from visitors import FLAGS, Visitor, free_port, is_served

from chertlog.dashboard.server import command
from chertlog.queries import connect, run_select
from chertlog.queries.errors import ChertlogError

SAID = re.compile(r"([\d,]+) events, [\d,]+ rejected, in ([\d.]+) s; generation (\d+)")
PAGES = ["", "errors", "storms", "saturation"]
FAILED = "This page could not be drawn"


@dataclass(frozen=True)
class Cycle:
    """One cycle that published."""

    events: int
    seconds: float
    generation: int


class Watching:
    """`chertlog watch --check`, and what it says."""

    def __init__(self, folder: Path, live: Path, data: Path, interval_s: float) -> None:
        self._folder, self._said = folder, folder / "watch.log"
        live.mkdir(exist_ok=True)
        self._interval_s = interval_s
        self._command = [sys.executable, "-m", "chertlog.ingest", "watch", str(live), "--check"]
        self._command += ["--interval", str(interval_s), "--data-dir", str(data)]
        self.memory: list[int] = []
        self.cpu_s = 0.0
        self.code = -1

    def __enter__(self) -> Watching:
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(self._command, stderr=said, cwd=self._folder)
        return self

    def __exit__(self, *_: object) -> None:
        self.sample()
        self._process.send_signal(signal.SIGTERM)
        try:
            self.code = self._process.wait(120)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def said(self) -> list[str]:
        return self._said.read_text("utf-8").splitlines()

    @property
    def cycles(self) -> list[Cycle]:
        found = (SAID.search(line) for line in self.said)
        return [
            Cycle(int(m[1].replace(",", "")), float(m[2]), int(m[3]))
            for m in found
            if m is not None
        ]

    def require_alive(self) -> None:
        if self._process.poll() is not None:
            raise RuntimeError(f"watch ended: {self.said[-3:]}")

    def sample(self) -> None:
        """Memory and processor time so far."""
        self.memory.append(resident(self._process.pid))
        self.cpu_s = processor_s(self._process.pid) or self.cpu_s

    def settle(self, data: Path) -> None:
        """Wait until two further cycles found nothing new."""
        quiet_since, before = time.monotonic(), -1
        while time.monotonic() - quiet_since < 2 * self._interval_s + 1:
            self.require_alive()
            self.sample()
            time.sleep(0.2)
            busy = (data / "ingest.lock").read_text().strip() != ""
            now = len(self.cycles)
            if busy or now != before:
                quiet_since = time.monotonic()
            before = now


class Dashboard:
    """The dashboard in a process of its own; someone opens page after page, one stays open."""

    def __init__(self, folder: Path, data: Path, *, browser: bool, every_s: float) -> None:
        self._folder, self._data, self._every_s = folder, data, every_s
        self._with_browser = browser
        self.faults: list[str] = []
        self.memory: list[int] = []
        self.pages = self.errors = 0.0
        self._ended = Event()
        # One thread for all of it: Playwright's objects belong to the thread that made them.
        self._thread = Thread(target=self._look_around, daemon=True)

    def __enter__(self) -> Dashboard:
        port, self._metrics = free_port(), free_port()
        environment = {**os.environ, "CHERTLOG_METRICS_PORT": str(self._metrics)}
        with (self._folder / "dashboard.log").open("wb") as out:
            self._process = subprocess.Popen(
                command(self._data, port), stdout=out, stderr=out, env=environment
            )
        self._url = f"http://127.0.0.1:{port}"
        if not is_served(f"{self._url}/_stcore/health"):
            raise RuntimeError("the dashboard did not start: see dashboard.log")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(180)
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if "Traceback" in (self._folder / "dashboard.log").read_text():
            self.faults.append("a traceback in its log")

    def _look_around(self) -> None:
        try:
            with self._looking() as look:
                for number in count():
                    look(PAGES[number % len(PAGES)])
                    self._count()
                    if self._ended.wait(self._every_s):
                        break
                look(PAGES[0])  # what came last is shown, too
                self._count()
        except Exception as error:  # of this thread; told in the table
            self.faults.append(f"{type(error).__name__}: {error}")

    @contextmanager
    def _looking(self) -> Iterator[Callable[[str], None]]:
        if not self._with_browser:
            yield self._visit
            return
        from playwright.sync_api import sync_playwright

        chromium = shutil.which(os.environ.get("CHROMIUM") or "chromium")
        if chromium is None:
            raise RuntimeError("there is no Chromium; use --no-browser")
        with sync_playwright() as running:
            browser = running.chromium.launch(executable_path=chromium, args=FLAGS)
            stays = browser.new_page()
            stays.on("pageerror", lambda error: self.faults.append(f"in the browser: {error}"))
            stays.goto(self._url)
            yield lambda page: self._open(browser, page)
            if stays.get_by_text(FAILED).count():
                self.faults.append("the page that stayed open could not be drawn")
            browser.close()

    def _open(self, browser: Any, page: str) -> None:
        tab = browser.new_page()
        try:
            tab.goto(f"{self._url}/{page}?range=all")
            done = '[data-testid="stApp"][data-test-script-state="notRunning"]'
            tab.wait_for_selector(done, timeout=120_000)
            if tab.get_by_text(FAILED).count():
                self.faults.append(f"page {page or 'overview'} could not be drawn")
        finally:
            tab.close()

    def _visit(self, page: str) -> None:
        visitor = Visitor(self._url, page, "range=all")
        try:
            if visitor.visit().failed:
                self.faults.append(f"page {page or 'overview'} failed")
        finally:
            visitor.close()

    def _count(self) -> None:
        address = f"http://127.0.0.1:{self._metrics}/metrics"
        with urllib.request.urlopen(address, timeout=60) as told:
            text = told.read().decode()
        sums: dict[str, float] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
        self.pages = sums.get("chertlog_page_seconds_count", 0.0)
        self.errors = sums["chertlog_page_errors_total"] + sums["chertlog_query_errors_total"]
        self.memory.append(int(sums["process_resident_memory_bytes"]))


class Reader:
    """Someone who asks in SQL, over and over, and adds up what is said."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._ended = Event()
        self._thread = Thread(target=self._read, daemon=True)
        self.asked = 0
        self.faults: list[str] = []
        self.generations: set[str] = set()

    def __enter__(self) -> Reader:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(120)

    def _read(self) -> None:
        before = 0
        while not self._ended.is_set():
            try:
                before = self._look(before)
                if self.asked % 5 == 0:
                    run_select(self._data, "errors_by_code", 60)
                self.asked += 1
            except ChertlogError as error:
                self.faults.append(str(error))
            self._ended.wait(2)

    def _look(self, before: int) -> int:
        """Every sum in a generation agrees with every other, and none becomes less."""
        with connect(self._data) as db:
            self.generations.add(db.path.name)
            (row,) = db.rows(
                """
                select
                    (select count(*) from events) as events,
                    (select sum(events)::bigint from sources) as told,
                    (select count(*) from responses where trace_id is not null) as responses,
                    (select sum(attempts)::bigint from operations) as attempts
                """
            )
        if row["events"] != row["told"] or row["responses"] != row["attempts"]:
            self.faults.append(f"half a state: {row}")
        if row["events"] < before:
            self.faults.append(f"{row['events']} events after {before}")
        return int(row["events"])


@dataclass
class Told:
    """How often an alert began and ended."""

    fired: int = 0
    resolved: int = 0
    firing: bool = False


class Receiver:
    """Stands for an Alertmanager and for a webhook; counts beginnings and ends."""

    def __init__(self) -> None:
        self.alerts: dict[tuple[str, str], Told] = {}
        self.hook_began = self.hook_over = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version: ClassVar[str] = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.take(self.path, body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]

    def __enter__(self) -> Receiver:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, path: str, body: Any) -> None:
        if path == "/hook":
            heading = body["text"].splitlines()[0]  # "*chertlog: 2 new alerts, 1 over*"
            began = re.search(r"(\d+) new", heading)
            over = re.search(r"(\d+) over", heading)
            self.hook_began += int(began[1]) if began else 0
            self.hook_over += int(over[1]) if over else 0
            return
        now = datetime.now(UTC)
        for alert in body:
            labels = alert["labels"]
            told = self.alerts.setdefault((labels["alertname"], labels["subject"]), Told())
            firing = datetime.fromisoformat(alert["endsAt"]) > now
            told.fired += firing and not told.firing
            told.resolved += told.firing and not firing
            told.firing = firing

    def of(self, rule: str) -> dict[str, Told]:
        return {subject: told for (name, subject), told in self.alerts.items() if name == rule}

    @property
    def fired(self) -> int:
        return sum(told.fired for told in self.alerts.values())

    @property
    def resolved(self) -> int:
        return sum(told.resolved for told in self.alerts.values())


def resident(pid: int) -> int:
    """Bytes of memory that a process has; 0 once it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def processor_s(pid: int) -> float:
    """Seconds of processor time that a process has used; 0 once it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
