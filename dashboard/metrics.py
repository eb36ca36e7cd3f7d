"""What the server says of itself to machines: Prometheus metrics and /healthz, on its own port.

Off unless a port is named; on this machine only, whatever address the dashboard has: behind a proxy
with a log-in, neither stands open. Owns what is counted. No label holds a tenant, a trace, or
anything else out of a log: pages and queries are named, and both are files of ours.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    Summary,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from chertlog.dashboard.server import METRICS_VARIABLE
from chertlog.queries.database import connect
from chertlog.queries.errors import ChertlogError
from chertlog.queries.published import published_database

HOST = "127.0.0.1"
_NAMES = ("127.0.0.1", "localhost")

_registry = CollectorRegistry()
ProcessCollector(registry=_registry)
# Up to a second a page feels like an answer; ten is what makes people reload.
_page_seconds = Histogram(
    "chertlog_page_seconds",
    "Seconds that a page took to draw, by page",
    ["page"],
    buckets=(0.1, 0.2, 0.5, 1, 2, 5, 10),
    registry=_registry,
)
_page_errors = Counter(
    "chertlog_page_errors_total",
    "Pages that could not be drawn, a fault of ours",
    registry=_registry,
)
_query_seconds = Summary(
    "chertlog_query_seconds",
    "Seconds of queries that were put to the database, not answered from memory, by query",
    ["query"],
    registry=_registry,
)
_query_errors = Counter(
    "chertlog_query_errors_total", "Queries of the dashboard that failed", registry=_registry
)
_sessions = Gauge("chertlog_sessions", "Browser windows that are connected", registry=_registry)
_readable = Gauge(
    "chertlog_database_readable", "1 if a generation can be read, else 0", registry=_registry
)
_generation = Gauge(
    "chertlog_generation", "Number of the generation that is published", registry=_registry
)
_published_at = Gauge(
    "chertlog_published_timestamp_seconds", "When it was published", registry=_registry
)
_newest_at = Gauge(
    "chertlog_newest_data_timestamp_seconds", "Time of the newest event in it", registry=_registry
)
_age = Gauge("chertlog_data_age_seconds", "Age of the newest event in it", registry=_registry)


@contextmanager
def page(name: str) -> Iterator[None]:
    """Time the drawing of a page, however it ends."""
    began = time.perf_counter()
    try:
        yield
    finally:
        _page_seconds.labels(name).observe(time.perf_counter() - began)


def page_failed() -> None:
    """Count a page that could not be drawn."""
    _page_errors.inc()


@contextmanager
def query(name: str) -> Iterator[None]:
    """Time a query of sql/."""
    began = time.perf_counter()
    try:
        yield
    except ChertlogError:
        _query_errors.inc()
        raise
    finally:
        _query_seconds.labels(name).observe(time.perf_counter() - began)


@contextmanager
def session() -> Iterator[None]:
    """Count a browser window while it is connected."""
    with _sessions.track_inprogress():
        yield


class Health(NamedTuple):
    """What is published; `trouble` says why it is no good, '' if it is."""

    trouble: str = ""
    generation: int | None = None
    published_at: datetime | None = None
    newest_at: datetime | None = None
    stale_after: timedelta | None = None

    @property
    def age_s(self) -> float | None:
        """Seconds since the newest event; None without one."""
        return None if self.newest_at is None else (_now() - self.newest_at).total_seconds()

    def as_json(self) -> bytes:
        told = {
            "status": "unavailable" if self.trouble else "ok",
            "reason": self.trouble or None,
            "generation": self.generation,
            "published_at": _iso(self.published_at),
            "newest_data_at": _iso(self.newest_at),
            "data_age_s": None if self.age_s is None else round(self.age_s, 1),
            "stale_after_s": self.stale_after and self.stale_after.total_seconds(),
        }
        return json.dumps({k: v for k, v in told.items() if v is not None}).encode() + b"\n"


_lock = Lock()
_known: tuple[object, Health] | None = None  # of a file that cannot change, so asked once


def health() -> Health:
    """Look at what is published now. Never raises."""
    global _known
    try:
        path = published_database()
        facts = path.stat()
        identity = (str(path), facts.st_ino, facts.st_mtime_ns)
        with _lock:
            if _known is None or _known[0] != identity:
                published_at = datetime.fromtimestamp(facts.st_mtime, UTC).replace(tzinfo=None)
                _known = identity, _read(str(path), published_at)
            found = _known[1]
    except ChertlogError as error:
        return Health(error.what)
    except Exception as error:  # whatever is the matter with the file
        return Health(f"the database cannot be read ({type(error).__name__})")
    age, limit = found.age_s, found.stale_after
    if age is None or limit is None:
        return found._replace(trouble="there are no data in the database")
    if age > limit.total_seconds():
        hours = f"{age / 3600:.1f} h old, the limit is {limit.total_seconds() / 3600:g} h"
        return found._replace(trouble=f"the newest data are {hours}")
    return found


def _read(path: str, published_at: datetime) -> Health:
    with connect(path) as con:
        (row,) = con.rows(
            "select newest_event_at, parameter_value('stale_after_h') as hours from freshness"
        )
    number = Path(path).stem
    return Health(
        generation=int(number) if number.isdigit() else None,
        published_at=published_at,
        newest_at=row["newest_event_at"],
        stale_after=timedelta(hours=float(row["hours"])),
    )


def text() -> bytes:
    """All metrics, in Prometheus' text format."""
    now = health()
    _readable.set(now.published_at is not None)
    _generation.set(now.generation if now.generation is not None else float("nan"))
    for gauge, moment in ((_published_at, now.published_at), (_newest_at, now.newest_at)):
        gauge.set(moment.replace(tzinfo=UTC).timestamp() if moment else float("nan"))
    _age.set(now.age_s if now.age_s is not None else float("nan"))
    return generate_latest(_registry)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.headers.get("Host", "").partition(":")[0] not in _NAMES:  # DNS rebinding
            self._answer(400, "text/plain", b"unknown host name\n")
        elif self.path == "/metrics":
            self._answer(200, CONTENT_TYPE_LATEST, text())
        elif self.path == "/healthz":
            now = health()
            self._answer(503 if now.trouble else 200, "application/json", now.as_json())
        else:
            self._answer(404, "text/plain", b"here are /metrics and /healthz\n")

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: it is asked every few seconds."""


_server: ThreadingHTTPServer | None = None


def serve(port: int) -> ThreadingHTTPServer:
    """Answer on this port of the loopback address until the process ends. Raises OSError.

    Called again, as when the application is loaded anew, it answers where it does already.
    """
    global _server
    if _server is None:
        _server = ThreadingHTTPServer((HOST, port), _Handler)
        _server.daemon_threads = True
        Thread(target=_server.serve_forever, name="metrics", daemon=True).start()
    return _server


def serve_if_wanted() -> None:
    """Answer where the environment says; where that is nowhere, do not."""
    if port := os.environ.get(METRICS_VARIABLE):
        serve(int(port))


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _iso(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else None
