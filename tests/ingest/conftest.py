"""The vocabulary of these tests: log lines, a data directory to load them into, simulated days."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from chertlog.ingest.blocks import SCHEMA, Progress, line_batches
from chertlog.ingest.formats import formats
from chertlog.ingest.log_format import SHIPPED
from chertlog.ingest.privacy import KEY_VARIABLE, Key, install
from chertlog.ingest.run import Summary, ingest
from chertlog.ingest.settings import Settings
from chertlog.ingest.simulate import write_day

KEY = os.environ[KEY_VARIABLE]
DATE = "2026-11-21"
# What these say depends on how and when the logs came, not only on what is in them.
BOOKKEEPING = {"sources", "ingest_runs", "freshness"}
COUNTS = ("lines", "events", "rejected", "blank", "duplicates")


@pytest.fixture(scope="session")
def key() -> bytes:
    """The pseudonym key in force."""
    return KEY.encode()


class Store:
    """A data directory: loads files as `chertlog ingest` does, answers from what is published."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self._settings = Settings(folder, **settings)
        self._open: tuple[Any, duckdb.DuckDBPyConnection] | None = None

    def ingest(self, *paths: Path, final: bool = True, reload: tuple[Path, ...] = ()) -> Summary:
        self._close()
        names, again = [str(path) for path in paths], [str(path) for path in reload]
        return ingest(names, self._settings, final=final, reload=again)

    def override(self, parameters: Mapping[str, float]) -> None:
        """Change parameters from the next load on, as chertlog.toml does."""
        self._settings.parameters.update(parameters)

    @property
    def generation(self) -> Path:
        """The published file; DuckDB caches by path, so the link itself is never opened."""
        return (self.folder / "chertlog.duckdb").resolve(strict=True)

    def _reader(self) -> duckdb.DuckDBPyConnection:
        """A connection to what is published now; opening one takes longer than most questions."""
        path = self.generation
        named = path, path.stat().st_ino, path.stat().st_mtime_ns
        if self._open is None or self._open[0] != named:
            self._close()
            self._open = named, duckdb.connect(str(path), read_only=True)
        return self._open[1]

    def _close(self) -> None:
        if self._open is not None:
            self._open[1].close()
        self._open = None

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._reader().execute(query, list(values)).fetchall()

    def column(self, query: str, *values: Any) -> list[Any]:
        return [row[0] for row in self.sql(query, *values)]

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        result = self._reader().execute(query, list(values))
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def export(
        self, folder: Path, *, without: tuple[str, ...] = ("source_id",)
    ) -> dict[str, bytes]:
        """Every view as CSV, ordered by all columns; `without` names columns left out."""
        folder.mkdir(exist_ok=True)
        found: dict[str, bytes] = {}
        with duckdb.connect(str(self.generation), read_only=True) as con:
            con.execute("set preserve_insertion_order = true")
            views = con.execute(
                """
                select v.view_name, list(c.column_name order by c.column_index)
                from duckdb_views() as v
                inner join duckdb_columns() as c on c.table_oid = v.view_oid
                where v.schema_name = 'main' and not v.internal and c.schema_name = 'main'
                group by v.view_name
                """
            ).fetchall()
            for view, columns in views:
                if view in BOOKKEEPING:
                    continue
                kept = ", ".join(f'"{name}"' for name in columns if name not in without)
                target = folder / f"{view}.csv"
                con.execute(f"copy (select {kept} from {view} order by all) to '{target}'")
                found[view] = target.read_bytes()
                target.unlink()
        assert {"responses", "events", "operations", "rejected_lines"} <= found.keys()
        return found

    def fingerprint(self) -> dict[str, Any]:
        """Rows of each table of the work database, and a sum over their hashes."""
        with duckdb.connect(str(self.folder / "work.duckdb"), read_only=True) as con:
            tables = con.execute("select table_name from duckdb_tables()").fetchall()
            kept = "select columns(lambda name: name <> 'offered_at') from store."
            query = f"select count(*), sum(hash(t)) from ({kept}{{}}) as t"
            return {name: con.execute(query.format(name)).fetchone() for (name,) in tables}

    def unbalanced(self) -> list[tuple[Any, ...]]:
        """Sources whose lines are not accounted for, by the books or by what is stored."""
        return self.sql(
            """
            select s.source_id, s.lines, s.events, s.rejected, s.blank, s.duplicates
            from sources as s
            where s.lines <> s.events + s.rejected + s.blank + s.duplicates
                or s.events <> (select count(*) from events as e where e.source_id = s.source_id)
                or s.rejected
                    <> (select count(*) from rejected_lines as l where l.source_id = s.source_id)
            """
        )


def differences(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> dict[str, Any]:
    """The views that differ, each with the first lines that only one of the exports has."""
    found: dict[str, Any] = {}
    for view in one.keys() | other.keys():
        left, right = one.get(view, b""), other.get(view, b"")
        if left != right:
            lines = left.splitlines(), right.splitlines()
            only = [sorted(set(lines[i]) - set(lines[1 - i]))[:2] for i in (0, 1)]
            found[view] = {"lines": [len(part) for part in lines], "only": only}
    return found


@pytest.fixture(scope="session")
def differ() -> Callable[[Mapping[str, bytes], Mapping[str, bytes]], dict[str, Any]]:
    """Compare two exports: {} if they are equal, byte for byte."""
    return differences


@pytest.fixture
def new_store(tmp_path: Path) -> Callable[..., Store]:
    """Make an empty data directory by name; further arguments are settings."""
    return lambda name="data", **settings: Store(tmp_path / name, **settings)


@pytest.fixture(scope="module")
def no_sync() -> Iterator[None]:
    """Sync nothing to the disk: no test of a module that uses this pulls the plug."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


@pytest.fixture
def store(new_store: Callable[..., Store]) -> Store:
    return new_store()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a log file below the test's directory: a name and its bytes or lines."""

    def make(name: str, *parts: bytes) -> Path:
        path = tmp_path / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(parts))
        return path

    return make


def moment(at: str) -> datetime:
    """A time of the tests' day, or a whole one."""
    return datetime.fromisoformat(at if "T" in at else f"{DATE}T{at}").replace(tzinfo=UTC)


class Lines:
    """Log lines as the servers write them. A field that is None is left out."""

    def app(self, at: str, event: str, trace: str | None = None, /, **fields: Any) -> bytes:
        """A line of the application log; `__` in a field's name stands for a dot."""
        given = {name.replace("__", "."): value for name, value in fields.items()}
        path = given.pop("path", "/api/v1/send")
        value = {
            "ts": f"{moment(at):%Y-%m-%dT%H:%M:%S.%fZ}",
            "level": "info",
            "event": event,
            "service": "chert-api",
            "version": "2026.11.3",
            "host": "chert-api-1",
            "trace_id": trace,
            "tenant_id": "acme",
            "surface": "v1",
            "http.method": "POST",
            "http.route": path,
            "http.path": path,
            **given,
        }
        kept = {name: item for name, item in value.items() if item is not None}
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    def received(self, at: str, trace: str, /, **fields: Any) -> bytes:
        defaults = {"body_hash": "00112233445566aa", "to": "+12025550143", "client_ip": "192.0.2.7"}
        return self.app(at, "request.received", trace, **{**defaults, **fields})

    def sent(self, at: str, trace: str, status: int = 200, /, **fields: Any) -> bytes:
        """An answer; `code` makes it an error in the standard envelope."""
        code = fields.pop("code", None)
        retry_after = fields.pop("retry_after", None)
        retryable = fields.pop("retryable", True)
        headers = {"X-Trace-ID": trace}
        body = None
        if code is not None:
            error: dict[str, Any] = {"status": status, "code": code, "message": "No."}
            if retryable is not None:
                error["retryable"] = retryable
            if retry_after is not None:
                error["retry_after"] = retry_after
                headers["Retry-After"] = str(retry_after)
            body = {"success": False, "error": error, "trace_id": trace}
        defaults = {
            "http__status": status,
            "duration_ms": 100,
            "response__headers": headers,
            "response__body": body,
        }
        return self.app(at, "response.sent", trace, **{**defaults, **fields})

    def edge(
        self,
        at: str,
        trace: str = "-",
        status: int | str = 200,
        *,
        tenant: str = "acme",
        request: str = "POST /api/v1/send HTTP/1.1",
        seconds: str = "0.101",
        agent: str = "okhttp/4.12.0",
        retry_after: str = "-",
    ) -> bytes:
        """A line of the edge log."""
        return (
            f'192.0.2.7 - - [{moment(at):%d/%b/%Y:%H:%M:%S +0000}] "{request}" {status} 120 "-" '
            f'"{agent}" trace_id={trace} rt={seconds} urt="0.100" uaddr="10.0.0.11:8080" '
            f"retry_after={retry_after} tenant={tenant}\n"
        ).encode()

    def record(
        self, at: str, trace: str | None, status: int = 200, **fields: Any
    ) -> dict[str, Any]:
        """One record of the OTLP export; `code`, `retryable` and `retry_after` make an error."""
        microseconds = int(moment(at).timestamp()) * 1_000_000 + moment(at).microsecond
        path = fields.pop("path", "/api/v1/send")
        values: dict[str, Any] = {
            "http.request.method": {"stringValue": "POST"},
            "http.route": {"stringValue": path},
            "url.path": {"stringValue": path},
            "chert.tenant_id": {"stringValue": fields.pop("tenant", "acme")},
            "chert.surface": {"stringValue": "v1"},
            "http.response.status_code": {"intValue": str(status)},
        }
        if trace is not None:
            values["chert.trace_id"] = {"stringValue": trace}
        if "code" in fields:
            values["error.type"] = {"stringValue": str(fields["code"])}
            values["chert.error.code"] = {"intValue": str(fields["code"])}
        if "retryable" in fields:
            values["chert.error.retryable"] = {"boolValue": fields["retryable"]}
        if "retry_after" in fields:
            values["chert.error.retry_after"] = {"intValue": fields["retry_after"]}
        return {
            "timeUnixNano": f"{microseconds}000",
            "severityText": "INFO",
            "attributes": [{"key": name, "value": value} for name, value in values.items()],
        }

    def otlp(self, *records: dict[str, Any]) -> bytes:
        """One line of the OTLP export with these records."""
        service = {"attributes": [{"key": "service.name", "value": {"stringValue": "chert-api"}}]}
        request = {"resource": service, "scopeLogs": [{"logRecords": list(records)}]}
        return json.dumps({"resourceLogs": [request]}).encode() + b"\n"


@pytest.fixture(scope="session")
def lines() -> Lines:
    return Lines()


class Bytes:
    """A stream of bytes that hands out what it is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int, /) -> bytes:
        part, self._data = self._data[:size], self._data[size:]
        return part


@pytest.fixture(scope="session")
def read_lines() -> Iterator[Callable[[str, bytes], list[dict[str, Any]]]]:
    """Run one reader on bytes: what it makes of each line (OTLP: record), nothing stored."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute("set threads = 1")
        install(con, Key(KEY.encode()))
        nothing = pa.Table.from_batches([], SCHEMA)
        con.execute("create table lines as from nothing")
        readers = {known.name: known for known in formats(SHIPPED)}
        prepared: set[str] = set()
        assert nothing.num_rows == 0

        def run(name: str, data: bytes) -> list[dict[str, Any]]:
            found = pa.Table.from_batches(line_batches(Bytes(data), 1, Progress()), SCHEMA)
            if name not in prepared:
                # Once: planning such a statement takes far longer than a few lines do.
                con.execute(f"""
                    prepare "{name}" as
                    select * exclude (context), unnest(redact_context(context))
                    from ({readers[name].sql}) order by all
                """)
                prepared.add(name)
            con.execute("truncate lines")
            con.execute("insert into lines from found")
            result = con.execute(f'execute "{name}"')
            names = [column[0] for column in result.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
            assert found.num_rows == len({row["line_number"] for row in rows})
            return rows

        yield run


@dataclass(frozen=True)
class Day:
    """A simulated day, what it really was, and the database made of its logs."""

    logs: Path
    truth: dict[str, Any]
    store: Store
    summary: Summary


@pytest.fixture(scope="session")
def make_day(
    made_once: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Day]:
    """Simulates and loads a day: `make_day(name, seed=3, rps=0.25)`. The database is a copy."""

    def simulated(name: str, **arguments: Any) -> Day:
        def make(folder: Path) -> Summary:
            write_day(folder / "logs", **arguments)
            return Store(folder / "data").ingest(folder / "logs")

        made, summary = made_once(f"day-{name}", make)
        own = tmp_path_factory.mktemp(name) / "data"
        shutil.copytree(made / "data", own, symlinks=True)
        truth = json.loads((made / "logs" / "truth.json").read_text("utf-8"))
        return Day(made / "logs", truth, Store(own), summary)

    return simulated


@pytest.fixture(scope="session")
def clean_day(make_day: Callable[..., Day]) -> Day:
    return make_day("clean", seed=3, rps=0.25)


@pytest.fixture(scope="session")
def corrupt_day(make_day: Callable[..., Day]) -> Day:
    return make_day("corrupt", seed=5, rps=0.25, corrupt=0.01)


@pytest.fixture(scope="session")
def busy_day(make_day: Callable[..., Day]) -> Day:
    """A whole day at one response a second: smaller ones have no storms."""
    return make_day("busy", seed=7, rps=1.0)


@pytest.fixture(scope="session")
def short_day(make_day: Callable[..., Day]) -> Day:
    """Three hours with much damage, small enough to be loaded many times over."""
    return make_day("short", seed=13, hours=3, rps=0.15, corrupt=0.04)
