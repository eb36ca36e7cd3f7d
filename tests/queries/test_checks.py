"""Each check is silent on sound data and finds the fault planted for it."""

from collections.abc import Callable

import duckdb
import pytest

from chertlog.queries.checking import run_checks
from chertlog.queries.sql_files import read_folder

from .conftest import fill_retries

Row = Callable[..., None]

FAULTS = {
    "balance": "update store.source set lines = lines + 1",
    "events_per_source": "delete from store.event where line_number = 1",
    "catalogue": "delete from store.error_code where error_code = 4002",
    "event_fields": "update store.event set reject_reason = 'json' where line_number = 1",
    "response_unique": "insert into store.response from store.response where attempt = 2",
    "operation_unique": "insert into store.operation from store.operation",
    "operation_attempts": "update store.response set attempt = 3 where attempt = 2",
    "conduct_counts": "update store.operation set early_retries = 2",
    "retries_listed": "delete from store.retry",
    "times": "update store.meta set value = '2026-11-21 09:00:00' where key = 'newest_at'",
    "bookkeeping": "insert into store.meta values ('newest_at', '2026-11-21 10:00:05')",
}
MORE_FAULTS = [
    ("events_per_source", "delete from store.rejected_line"),
    ("events_per_source", "delete from store.source"),
    ("event_fields", "update store.event set occurred_at = null where line_number = 1"),
    ("event_fields", "update store.event set kind = 4 where line_number = 1"),
    ("event_fields", "update store.context set log = 'nginx'"),
    ("event_fields", "delete from store.context"),
    ("operation_attempts", "delete from store.operation"),
    ("operation_attempts", "delete from store.response where attempt = 1"),
    ("operation_attempts", "update store.response set operation_id = 2"),
    ("times", "update store.response set received_at = occurred_at + interval 1 second"),
    ("times", "update store.response set occurred_at = occurred_at + interval 1 day"),
    ("times", "delete from store.meta where key = 'newest_at'"),
    ("catalogue", "delete from store.api_surface where surface = 'slack'"),
    ("bookkeeping", "insert into store.source from store.source"),
]


@pytest.fixture
def sound(
    con: duckdb.DuckDBPyConnection, response: Row, operation: Row, event: Row, source: Row
) -> duckdb.DuckDBPyConnection:
    """One operation of two attempts, an early one, from one source of five lines."""
    response(1, "2026-11-21 10:00:00", is_error=True, error_code=1007, retry_after_s=9)
    response(2, "2026-11-21 10:00:05", operation_id=1, attempt=2, waited_ms=4900)
    operation(1, "2026-11-21 10:00:00", attempts=2, early_retries=1)
    event(1, "2026-11-21 10:00:00", trace_id="trace1")
    event(2, "2026-11-21 10:00:05", trace_id="trace2")
    fill_retries(con)
    source(1, lines=5, events=2, rejected=1, blank=1, duplicates=1)
    source(2, status="refused", reason="not a log", lines=7)
    con.execute("insert into store.rejected_line values (1, 3, null, 80, 'json', 'x')")
    con.execute("insert into store.meta values ('newest_at', '2026-11-21 10:00:05')")
    assert run_checks(con) == []
    return con


@pytest.mark.parametrize(("check", "fault"), [*FAULTS.items(), *MORE_FAULTS])
def test_a_planted_fault_is_found(sound: duckdb.DuckDBPyConnection, check: str, fault: str) -> None:
    sound.execute(fault)
    found = {failure.check: failure for failure in run_checks(sound)}
    assert check in found
    assert found[check].examples


def test_every_check_has_a_fault_planted_for_it() -> None:
    assert {check.name for check in read_folder("checks")} == FAULTS.keys()


def test_a_failure_says_what_should_hold_which_rows_and_what_to_do(
    sound: duckdb.DuckDBPyConnection,
) -> None:
    sound.execute(FAULTS["balance"])
    (failure,) = run_checks(sound)
    assert str(failure) == (
        "balance: not so: Every line of a loaded file is accounted for: lines = events + "
        "rejected + blank + duplicates.\n  source_id = s1, path = log-1.ndjson, lines = 6, "
        "events = 2, rejected = 1, blank = 1, duplicates = 1\n  keep the file and report it: "
        "lines were lost or counted twice while it was read."
    )


def test_a_failure_names_at_most_twenty_rows(con: duckdb.DuckDBPyConnection, source: Row) -> None:
    for number in range(21):
        source(number, lines=1)
    (failure,) = run_checks(con)
    assert (len(failure.examples), failure.more) == (20, True)
