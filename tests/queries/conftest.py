"""The vocabulary of these tests: an empty database, and rows written by hand."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chertlog.queries.apply import apply_views, create_schema, load_seeds

Row = Callable[..., None]


def new_database(path: Path) -> duckdb.DuckDBPyConnection:
    """A database with schema, seeds and views, written as the published ones are."""
    con = duckdb.connect()
    con.execute(f"attach '{path}' as built (storage_version 'v1.2.0')")
    con.execute("use built")
    create_schema(con)
    load_seeds(con)
    apply_views(con)
    return con


def close(con: duckdb.DuckDBPyConnection) -> None:
    """Write everything to the file, so that readers may open it."""
    con.execute("use memory")
    con.execute("detach built")
    con.close()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with everything applied: building one takes half a second."""
    path = tmp_path_factory.mktemp("template") / "empty.duckdb"
    close(new_database(path))
    return path


@pytest.fixture(scope="session")
def empty(template: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The empty database, read-only."""
    with duckdb.connect(str(template), read_only=True) as con:
        yield con


@pytest.fixture
def con(template: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A writable copy of the empty database."""
    path = tmp_path / "built.duckdb"
    path.write_bytes(template.read_bytes())
    con = duckdb.connect()
    con.execute(f"attach '{path}' as built")
    con.execute("use built")
    yield con
    con.close()


@pytest.fixture
def data_dir(template: Path, tmp_path: Path) -> Path:
    """A data directory in which the empty database is published."""
    generations = tmp_path / "data" / "generations"
    generations.mkdir(parents=True)
    (generations / "000001.duckdb").write_bytes(template.read_bytes())
    (tmp_path / "data" / "chertlog.duckdb").symlink_to("generations/000001.duckdb")
    return tmp_path / "data"


@pytest.fixture
def published(con: duckdb.DuckDBPyConnection, data_dir: Path) -> Callable[[], Path]:
    """Publish what was written to `con` by hand, and give the data directory."""

    def publish() -> Path:
        (path,) = con.execute(
            "select path from duckdb_databases() where database_name = 'built'"
        ).fetchall()[0]
        con.execute("checkpoint")
        con.execute("use memory")
        con.execute("detach built")
        shutil.copyfile(path, (data_dir / "chertlog.duckdb").resolve())
        return data_dir

    return publish


def insert(
    con: duckdb.DuckDBPyConnection, table: str, defaults: dict[str, Any], **row: Any
) -> None:
    """One row of a table of schema store, from defaults and what the test is about."""
    values = {**defaults, **row}
    names, marks = ", ".join(values), ", ".join(f"${name}" for name in values)
    con.execute(f"insert into store.{table} ({names}) values ({marks})", values)


@pytest.fixture
def response(con: duckdb.DuckDBPyConnection) -> Row:
    """Insert a response; the first attempt of its own operation unless said otherwise."""

    def add(response_id: int, at: str, **row: Any) -> None:
        defaults = {
            "response_id": response_id,
            "trace_id": f"trace{response_id}",
            "occurred_at": at,
            "received_at": at,
            "tenant_id": "acme",
            "surface": "v1",
            "http_route": "/api/v1/send",
            "http_status": 200,
            "is_error": False,
            "seen_in": 1,
            "is_duplicate_trace": False,
            "batch_no": 1,
            "chain_basis": "fingerprint",
            "chain_key": response_id,
            "operation_id": response_id,
            "attempt": 1,
        }
        insert(con, "response", defaults, **row)

    return add


def fill_retries(con: duckdb.DuckDBPyConnection) -> None:
    """Fill store.retry from the responses there, as the ingest does."""
    con.execute("delete from store.retry")
    con.execute(
        """
        insert into store.retry by name
        select
            * exclude (is_retry, earlier_alike),
            coalesce(waited_ms < (told_to_wait_s - 1) * 1000, false) as is_early,
            coalesce(is_error, false) and earlier_alike = 0 as is_first_of_code
        from (
            select
                response_id, operation_id, trace_id, tenant_id, surface, http_route, chain_basis,
                attempt, received_at, occurred_at, is_error, error_code, retryable,
                coalesce(waited_ms, 0) as waited_ms,
                attempt > 1 as is_retry,
                lag(response_id) over chain as previous_response_id,
                lag(trace_id) over chain as previous_trace_id,
                lag(error_code) over chain as previous_error_code,
                lag(retryable) over chain as previous_retryable,
                lag(coalesce(retry_after_s, retry_after_header_s)) over chain as told_to_wait_s,
                count(*) filter (is_error) over (
                    partition by operation_id, is_error, error_code order by attempt
                    rows between unbounded preceding and 1 preceding
                ) as earlier_alike
            from store.response
            window chain as (partition by operation_id order by attempt)
        )
        where is_retry
        """
    )


@pytest.fixture
def operation(con: duckdb.DuckDBPyConnection) -> Row:
    """Insert an operation; one attempt that succeeded unless said otherwise."""

    def add(operation_id: int, at: str, **row: Any) -> None:
        defaults = {
            "operation_id": operation_id,
            "tenant_id": "acme",
            "surface": "v1",
            "http_route": "/api/v1/send",
            "chain_basis": "fingerprint",
            "chain_key": operation_id,
            "attempts": 1,
            "first_at": at,
            "last_at": at,
            "closes_at": at,
            "succeeded": True,
            "early_retries": 0,
            "retries_of_final_errors": 0,
        }
        insert(con, "operation", defaults, **row)

    return add


CONTEXT = (
    *("log", "event", "level", "surface", "service", "service_version", "host"),
    *("http_method", "http_route", "delivery_service", "internal_code", "error_type"),
)


@pytest.fixture
def event(con: duckdb.DuckDBPyConnection) -> Row:
    """Insert an event of source 1; a response.sent of the application log unless said otherwise."""

    def add(line_number: int, at: str | None, **row: Any) -> None:
        defaults = {
            "source_no": 1,
            "line_number": line_number,
            "occurred_at": at,
        }
        shared = {"log": "app", "event": "response.sent"}
        shared |= {name: row.pop(name) for name in CONTEXT if name in row}
        kinds = {"response.sent": 1, "request.received": 2} | {"edge": 4, "otlp": 5}
        row.setdefault("kind", kinds.get(shared["log"]) or kinds.get(shared["event"], 3))
        row["context_id"] = hash(tuple(sorted(shared.items()))) % 2**64
        known = con.execute("select context_id from store.context").fetchall()
        if (row["context_id"],) not in known:
            insert(con, "context", {"context_id": row["context_id"]}, **shared)
        insert(con, "event", defaults, **row)

    return add


@pytest.fixture
def source(con: duckdb.DuckDBPyConnection) -> Row:
    """Insert a loaded source."""

    def add(source_no: int, **row: Any) -> None:
        defaults = {
            "source_no": source_no,
            "path": f"log-{source_no}.ndjson",
            "status": "loaded",
            "lines": 0,
            "events": 0,
            "rejected": 0,
            "blank": 0,
            "duplicates": 0,
            "erased": 0,
            "run_no": 1,
            "offered_at": "2026-11-22 02:00:00",
        }
        insert(con, "source", defaults, **row)

    return add
