"""What these tests share: the modules beside them, a key, small hand-made logs, and stores."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chertlog.ingest.run import Summary, ingest
from chertlog.ingest.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))  # compare, days, second, storms

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
# What these say depends on how and when the logs came, not only on what is in them.
BOOKKEEPING = {"sources", "ingest_runs", "freshness"}
# code: (status, retryable as the reference has it)
CODES = {
    1001: (400, False),
    1007: (429, True),
    3001: (500, True),
    3002: (503, True),
    4001: (502, True),
    4002: (503, True),
}


@pytest.fixture(scope="session", autouse=True)
def _no_sync() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


class Log:
    """An application log made by hand: attempts at so many seconds after 08:00."""

    def __init__(self) -> None:
        self._lines: list[tuple[datetime, str]] = []
        self._count = 0

    def attempt(
        self,
        at_s: float,
        code: int | None = None,
        *,
        tenant: str = "acme",
        body: str | None = None,
        key: str | None = None,
        retry_after: int | None = None,
        took_s: float = 0.1,
        clock_s: float = 0.0,
        host: str = "chert-api-1",
    ) -> str:
        """One request and its answer: success, or an error with this code; gives its trace_id.
        A body of None is one of its own. `clock_s`: how far the host's clock is ahead."""
        self._count += 1
        trace = f"{self._count:012x}"
        received = START + timedelta(seconds=at_s + clock_s)
        sent = received + timedelta(seconds=took_s)
        digest = hashlib.sha256(f"{tenant} {body or trace}".encode()).hexdigest()[:16]
        request = {"body_hash": digest, "to": "+12025550143", "idempotency_key": key}
        headers = {"X-Trace-ID": trace}
        answer: dict[str, Any] = {"http.status": 200, "duration_ms": round(took_s * 1000)}
        if code is not None:
            status, retryable = CODES[code]
            error = {"code": code, "message": "No.", "retryable": retryable}
            if code > 3000:
                error = {"status": "failed", **error}
            if retry_after is not None:
                error["retry_after"] = retry_after
                headers["Retry-After"] = str(retry_after)
            answer = {**answer, "http.status": status, "response.body": error | {"trace_id": trace}}
        answer["response.headers"] = headers
        self._line(received, "request.received", trace, tenant, host, request)
        self._line(sent, "response.sent", trace, tenant, host, answer)
        return trace

    def _line(
        self, at: datetime, event: str, trace: str, tenant: str, host: str, fields: dict[str, Any]
    ) -> None:
        value = {
            "ts": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}",
            "level": "info",
            "event": event,
            "service": "chert-api",
            "version": "2026.11.3",
            "host": host,
            "trace_id": trace,
            "tenant_id": tenant,
            "surface": "v1",
            "http.method": "POST",
            "http.route": "/api/v1/send",
            "http.path": "/api/v1/send",
            **{name: item for name, item in fields.items() if item is not None},
        }
        self._lines.append((at, json.dumps(value)))

    def write(self, folder: Path) -> list[Path]:
        """One file an hour, as the servers write them."""
        folder.mkdir(parents=True, exist_ok=True)
        files: dict[Path, list[str]] = {}
        for at, line in sorted(self._lines):
            files.setdefault(folder / f"chert-api.{at:%Y-%m-%dT%H}.ndjson", []).append(line)
        for path, lines in files.items():
            path.write_text("".join(f"{line}\n" for line in lines))
        return list(files)


class Store:
    """A data directory: loads files, answers from what is published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ingest(self, *paths: Path) -> Summary:
        summary = ingest([str(path) for path in paths], Settings(self.folder), final=True)
        assert summary.exit_code == 0
        return summary

    @property
    def published(self) -> Path:
        return (self.folder / "chertlog.duckdb").resolve(strict=True)

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.published), read_only=True) as con:
            return con.execute(query).fetchall()

    def one(self, query: str) -> Any:
        ((value,),) = self.sql(query)
        return value

    def everything(self) -> dict[str, list[str]]:
        """Every view but the bookkeeping, as sorted rows; ids of sources are left out."""
        views = self.sql(
            """
            select v.view_name, list(c.column_name order by c.column_index)
            from duckdb_views() as v
            inner join duckdb_columns() as c on c.table_oid = v.view_oid
            where v.schema_name = 'main' and not v.internal
            group by v.view_name
            """
        )
        found = {}
        with duckdb.connect(str(self.published), read_only=True) as con:
            for view, columns in views:
                if view not in BOOKKEEPING:
                    kept = ", ".join(f'"{name}"' for name in columns if name != "source_id")
                    rows = con.execute(f"select {kept} from {view}").fetchall()
                    found[view] = sorted(map(str, rows))
        assert {"responses", "operations", "retry_storms", "saturation_hours"} <= found.keys()
        return found


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def load(tmp_path: Path) -> Callable[[Log], Store]:
    """Write a log and load it in one run."""

    def run(log: Log) -> Store:
        store = Store(tmp_path / "data")
        store.ingest(*log.write(tmp_path / "app"))
        return store

    return run


@pytest.fixture
def new_store(tmp_path: Path) -> Callable[[str], Store]:
    return lambda name: Store(tmp_path / name)
