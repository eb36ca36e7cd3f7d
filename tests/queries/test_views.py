"""Numbers of the views over a handful of rows, computed by hand here."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import duckdb
import pytest

from ..sums import fill_sums
from .conftest import fill_retries

Row = Callable[..., None]
DAY = "2026-11-21 "


@pytest.fixture
def night(
    con: duckdb.DuckDBPyConnection, response: Row, operation: Row, event: Row, source: Row
) -> duckdb.DuckDBPyConnection:
    """Ten responses in six operations between 10:00:10 and 12:00:30, newest event 12:05."""
    # 1: 4002, told to wait 30 s, came back after 5 s, refused again, then gave up.
    refused = {"is_error": True, "error_code": 4002, "retryable": True, "http_status": 503}
    response(1, DAY + "10:00:10", **refused, retry_after_s=30)
    response(2, DAY + "10:00:15", **refused, operation_id=1, attempt=2, waited_ms=5000)
    operation(
        1,
        DAY + "10:00:10",
        attempts=2,
        closes_at=DAY + "11:15:00",
        succeeded=False,
        last_retryable=True,
        first_error_code=4002,
        last_error_code=4002,
        early_retries=1,
    )
    # 3: HubSpot, 1012 under HTTP 200; repeated after 61 s although final; then a success.
    hubspot = {"surface": "hubspot", "tenant_id": "birch", "http_route": "/api/hubspot/webhook"}
    final = {"is_error": True, "error_code": 1012, "retryable": False, "http_status": 200}
    response(3, DAY + "10:00:59.9", **hubspot, **final)
    response(4, DAY + "10:02:01", **hubspot, **final, operation_id=3, attempt=2, waited_ms=61_000)
    response(5, DAY + "10:02:02", **hubspot, operation_id=3, attempt=3, waited_ms=1_000)
    operation(
        3,
        DAY + "10:00:59.9",
        tenant_id="birch",
        surface="hubspot",
        attempts=3,
        first_error_code=1012,
        last_error_code=1012,
        retries_of_final_errors=2,
    )
    # 6: an error nobody documented, sent as not retryable: final.
    response(6, DAY + "10:02:30", is_error=True, error_code=9999, retryable=False, http_status=418)
    operation(
        6,
        DAY + "10:02:30",
        closes_at=DAY + "10:03:30",
        succeeded=False,
        last_retryable=False,
        first_error_code=9999,
        last_error_code=9999,
    )
    # 7: an error without any body, an hour without traffic before it; still open.
    response(7, DAY + "12:00:00", is_error=True, http_status=502)
    operation(7, DAY + "12:00:00", closes_at=DAY + "12:05:01", succeeded=False)
    # 8: only the edge saw it. 9: a plain success on a surface nobody documented.
    response(8, DAY + "12:00:20", is_error=None, http_status=500, seen_in=2, tenant_id=None)
    operation(8, DAY + "12:00:20", succeeded=None, tenant_id=None)
    response(9, DAY + "12:00:30", surface="other", seen_in=7, recipient=255)
    operation(9, DAY + "12:00:30", surface="other")
    # 10: 3003 sent as retryable: an override; the client gave up.
    response(10, DAY + "12:00:30", is_error=True, error_code=3003, retryable=True, http_status=500)
    operation(
        10,
        DAY + "12:00:30",
        closes_at=DAY + "12:05:00",
        succeeded=False,
        last_retryable=True,
        first_error_code=3003,
        last_error_code=3003,
    )
    # Traces that nobody answered, and what nginx answered itself.
    event(1, DAY + "10:00:05", event="request.received", trace_id="lost", tenant_id="acme")
    event(2, DAY + "10:00:06", event="handler.exception", trace_id="lost", detail="boom")
    event(3, DAY + "10:00:10", trace_id="trace1", line_hash=1)
    event(4, DAY + "10:00:10", trace_id="trace1", log="edge", duration_ms=12)
    event(
        5,
        DAY + "10:00:09",
        trace_id="trace1",
        event="capacity.exhausted",
        lines=[{"line": 255, "used": 9, "cap": 9}],
    )
    event(6, DAY + "10:00:10", log="edge", http_status=499)
    event(7, DAY + "10:00:50", log="edge", http_status=499)
    event(8, DAY + "12:05:00", event="service.heartbeat")
    source(1, lines=10, events=8, rejected=1, blank=1)
    con.execute("insert into store.rejected_line values (1, 9, null, 900, 'json', '{\"ts\": ')")
    con.execute("insert into store.meta values ('newest_at', '2026-11-21 12:05:00')")
    fill_retries(con)
    fill_sums(con)
    return con


def ask(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return con.execute(query).fetchall()


def test_errors_by_code(night: duckdb.DuckDBPyConnection) -> None:
    query = (
        "select error_code, error_type, errors, share, operations, tenants, meaning is null "
        "from errors_by_code"
    )
    assert ask(night, query) == [
        (1012, "RESOURCE_STATE_INVALID", 2, 2 / 7, 1, 1, False),
        (4002, "LINES_SATURATED", 2, 2 / 7, 1, 1, False),
        (3003, "PROVIDER_NOT_CONFIGURED", 1, 1 / 7, 1, 1, False),
        (9999, None, 1, 1 / 7, 1, 1, True),
        (None, None, 1, 1 / 7, 1, 1, True),
    ]
    seen = ask(
        night, "select first_seen_at, last_seen_at from errors_by_code where error_code = 1012"
    )
    assert seen == [(datetime(2026, 11, 21, 10, 0, 59, 900_000), datetime(2026, 11, 21, 10, 2, 1))]


def test_errors_by_retryability(night: duckdb.DuckDBPyConnection) -> None:
    query = "select retryable, retryable_default, errors, share from errors_by_retryability"
    assert sorted(ask(night, query), key=str) == [
        (False, False, 2, 2 / 7),
        (False, None, 1, 1 / 7),
        (None, None, 1, 1 / 7),
        (True, False, 1, 1 / 7),
        (True, True, 2, 2 / 7),
    ]


def test_errors_by_surface_leaves_the_unclassified_out_of_the_denominator(
    night: duckdb.DuckDBPyConnection,
) -> None:
    query = (
        "select surface, responses, unclassified, errors, error_ratio, logical_failures, "
        "retryable_errors, final_errors, operations, tenants from errors_by_surface "
        "order by surface"
    )
    assert ask(night, query) == [
        ("hubspot", 3, 0, 2, 2 / 3, 2, 0, 2, 1, 1),
        ("other", 1, 0, 0, 0.0, 0, 0, 0, 0, 0),
        ("salesforce", 0, 0, 0, None, 0, 0, 0, 0, 0),
        ("slack", 0, 0, 0, None, 0, 0, 0, 0, 0),
        ("v1", 6, 1, 5, 1.0, 0, 3, 1, 4, 1),
    ]


def test_error_rate_by_minute_fills_empty_minutes_between_the_first_and_the_last(
    night: duckdb.DuckDBPyConnection,
) -> None:
    minutes = ask(
        night,
        "select min(minute), max(minute), count(distinct minute), count(*) "
        "from error_rate_by_minute",
    )
    first, last = datetime(2026, 11, 21, 10, 0), datetime(2026, 11, 21, 12, 0)
    assert minutes == [(first, last, 121, 121 * 5)]
    query = (
        "select strftime(minute, '%H:%M'), surface, responses, errors, error_ratio, operations, "
        "failed_operations, client_errors, platform_errors, capacity_errors, "
        "unclassified_errors, logical_failures, unclassified from error_rate_by_minute "
        "where responses > 0 order by all"
    )
    assert ask(night, query) == [
        ("10:00", "hubspot", 1, 1, 1.0, 1, 0, 1, 0, 0, 0, 1, 0),
        # Two attempts of operation 1, which gave up at 11:15.
        ("10:00", "v1", 2, 2, 1.0, 1, 1, 0, 0, 2, 0, 0, 0),
        ("10:02", "hubspot", 2, 1, 0.5, 0, 0, 1, 0, 0, 0, 1, 0),
        ("10:02", "v1", 1, 1, 1.0, 1, 1, 0, 0, 0, 1, 0, 0),
        ("12:00", "other", 1, 0, 0.0, 1, 0, 0, 0, 0, 0, 0, 0),
        # Operation 7 is still open, 8 unknown, 10 gave up.
        ("12:00", "v1", 3, 2, 1.0, 3, 1, 0, 1, 0, 1, 0, 1),
    ]
    empty = ask(
        night,
        "select distinct responses, errors, error_ratio, error_ratio_low, error_ratio_high, "
        "operations, capacity_errors from error_rate_by_minute where responses = 0",
    )
    assert empty == [(0, 0, None, None, None, 0, 0)]


def test_an_operation_of_4002_fails_once_its_time_is_over(
    night: duckdb.DuckDBPyConnection,
) -> None:
    """Operation 1 closed at 11:15; the night above has it closed, so 10:00 must count it."""
    night.execute("update store.meta set value = '2026-11-21 11:14:00' where key = 'newest_at'")
    query = "select failed_operations from error_rate_hourly where hour = $1 and surface = 'v1'"
    ten = [datetime(2026, 11, 21, 10)]
    before = night.execute(query, ten).fetchall()
    night.execute("update store.meta set value = '2026-11-21 11:15:00' where key = 'newest_at'")
    assert (before, night.execute(query, ten).fetchall()) == ([(1,)], [(2,)])


def test_error_rate_hourly_and_groups_add_up_to_the_same_errors(
    night: duckdb.DuckDBPyConnection,
) -> None:
    hours = ask(
        night,
        "select hour(hour), sum(responses), sum(errors), sum(operations) from error_rate_hourly "
        "group by all order by all",
    )
    assert hours == [(10, 6, 5, 3), (11, 0, 0, 0), (12, 4, 2, 4)]
    totals = ask(
        night,
        "select (select sum(errors) from error_rate_by_minute), (select sum(errors) from "
        "error_groups), (select sum(errors) from errors_by_code), (select sum(errors) from "
        "errors_by_retryability), (select sum(errors) from errors_by_surface), "
        "(select sum(client_errors + platform_errors + capacity_errors + unclassified_errors) "
        "from error_rate_hourly), (select count(*) from responses where is_error)",
    )
    assert totals == [(7,) * 7]
    groups = ask(
        night,
        "select hour(hour), error_code, retryable, surface, tenant_id, errors "
        "from error_groups where error_code = 1012",
    )
    assert groups == [(10, 1012, False, "hubspot", "birch", 2)]


@pytest.mark.parametrize(("gap_days", "days"), [(31, 32), (32, 2)])
def test_a_wrong_clock_does_not_fill_years_with_empty_rows(
    con: duckdb.DuckDBPyConnection, response: Row, gap_days: int, days: int
) -> None:
    response(1, "2026-11-21 23:30:00")
    second = con.execute(
        "select (timestamp '2026-11-21 00:10:00' - to_days($1))::varchar", [gap_days]
    ).fetchall()[0][0]
    response(2, second)
    fill_sums(con)
    hours = ask(con, "select count(distinct hour) from error_rate_hourly")
    assert hours == [(days * 24,)]


def test_the_interval_is_wilsons(empty: duckdb.DuckDBPyConnection) -> None:
    # 5 of 50, the worked example of the textbooks: 0.0435 to 0.2136.
    low, high = ask(empty, "select wilson_low(5, 50), wilson_high(5, 50)")[0]
    assert (round(low, 4), round(high, 4)) == (0.0435, 0.2136)
    none = ask(
        empty, "select wilson_low(0, 0), wilson_high(0, 0), wilson_low(0, 9), wilson_high(9, 9)"
    )
    assert none == [(None, None, 0.0, 1.0)]


def test_operations_end_in_one_of_four_outcomes_or_unknown(
    night: duckdb.DuckDBPyConnection,
) -> None:
    query = "select operation_id, outcome, attempts, wasted_attempts from operations order by all"
    assert ask(night, query) == [
        ("0000000000000001", "gave_up", 2, 2),
        ("0000000000000003", "succeeded", 3, 2),
        ("0000000000000006", "final_error", 1, 1),
        ("0000000000000007", "open", 1, 1),
        ("0000000000000008", None, 1, None),
        ("0000000000000009", "succeeded", 1, 0),
        ("000000000000000a", "gave_up", 1, 1),
    ]


def test_early_retries(night: duckdb.DuckDBPyConnection) -> None:
    query = (
        "select trace_id, tenant_id, operation_id, waited_s, told_to_wait_s, succeeded, "
        "previous_trace_id, error_code, attempt from early_retries"
    )
    expected = ("trace2", "acme", "0000000000000001", 5.0, 30, False, "trace1", 4002, 2)
    assert ask(night, query) == [expected]


@pytest.mark.parametrize(("waited_ms", "early"), [(28_999, 1), (29_000, 0)])
def test_a_retry_is_early_beyond_one_second_of_tolerance(
    night: duckdb.DuckDBPyConnection, waited_ms: int, early: int
) -> None:
    night.execute("update store.response set waited_ms = $1 where response_id = 2", [waited_ms])
    fill_retries(night)
    assert ask(night, "select count(*) from early_retries") == [(early,)]


def test_retries_of_final_errors(night: duckdb.DuckDBPyConnection) -> None:
    query = (
        "select trace_id, waited_s, excusable, succeeded from retries_of_final_errors "
        "order by trace_id"
    )
    # The second came only one second after the error: not excusable.
    assert ask(night, query) == [("trace4", 61.0, True, False), ("trace5", 1.0, False, True)]


def test_retryable_overrides(night: duckdb.DuckDBPyConnection) -> None:
    query = (
        "select http_route, error_code, retryable, retryable_default, errors "
        "from retryable_overrides"
    )
    assert ask(night, query) == [("/api/v1/send", 3003, True, False, 1)]


def test_responses_show_ids_as_text_and_logs_in_order(night: duckdb.DuckDBPyConnection) -> None:
    query = (
        "select response_id, recipient, seen_in, is_logical_failure, waited_s from responses "
        "where trace_id in ('trace3', 'trace8', 'trace9', 'trace2') order by trace_id"
    )
    assert ask(night, query) == [
        ("0000000000000002", None, ["app"], False, 5.0),
        ("0000000000000003", None, ["app"], True, None),
        ("0000000000000008", None, ["edge"], None, None),
        ("0000000000000009", "r_00000000000000ff", ["app", "edge", "otlp"], False, None),
    ]


@pytest.mark.parametrize(
    ("bits", "logs"),
    [
        (1, ["app"]),
        (2, ["edge"]),
        (3, ["app", "edge"]),
        (4, ["otlp"]),
        (5, ["app", "otlp"]),
        (6, ["edge", "otlp"]),
        (7, ["app", "edge", "otlp"]),
    ],
)
def test_seen_in_names_every_combination_of_logs(
    con: duckdb.DuckDBPyConnection, response: Row, bits: int, logs: list[str]
) -> None:
    response(1, DAY + "10:00", seen_in=bits)
    assert ask(con, "select seen_in from responses") == [(logs,)]


def test_types_of_the_contract(empty: duckdb.DuckDBPyConnection) -> None:
    types = dict(
        ask(
            empty,
            "select distinct column_name, data_type from duckdb_columns() where not internal "
            "and schema_name = 'main' and column_name in ('error_code', 'retry_after_s', "
            "'http_status', 'attempt', 'seen_in', 'allowed_effects', 'response_id', "
            "'operation_id', 'trace_id', 'is_error', 'retryable', 'occurred_at', 'hour', "
            "'minute', 'errors', 'operations', 'responses')",
        )
    )
    assert types == {
        "error_code": "INTEGER",
        "retry_after_s": "INTEGER",
        "http_status": "SMALLINT",
        "attempt": "SMALLINT",
        "seen_in": "VARCHAR[]",
        "allowed_effects": "VARCHAR[]",
        "response_id": "VARCHAR",
        "operation_id": "VARCHAR",
        "trace_id": "VARCHAR",
        "is_error": "BOOLEAN",
        "retryable": "BOOLEAN",
        "occurred_at": "TIMESTAMP",
        "hour": "TIMESTAMP",
        "minute": "TIMESTAMP",
        "errors": "BIGINT",
        "operations": "BIGINT",
        "responses": "BIGINT",
    }


def test_trace_shows_every_event_in_time_order_with_internal_detail(
    night: duckdb.DuckDBPyConnection,
) -> None:
    place = "source_id || ':' || line_number"
    query = f"select {place}, log, event, duration_ms, lines from trace(' trace1 ')"
    line = [{"line": "l_00000000000000ff", "used": 9, "cap": 9}]
    assert ask(night, query) == [
        ("s1:5", "app", "capacity.exhausted", None, line),
        ("s1:3", "app", "response.sent", None, None),
        ("s1:4", "edge", "response.sent", 12, None),
    ]


def test_an_event_that_bears_an_id_twice_is_one_of_the_trace(
    con: duckdb.DuckDBPyConnection, event: Any
) -> None:
    """Servers take their own request id for the trace, or a trace for the request id."""
    w3c, short, xray = "ab" * 16, "a1b2c3d4e5f6", "1-5759e988-bd862e3fe1be46a994272793"
    event(1, "2026-11-21 10:00", otel_trace_id=w3c, request_id=w3c)
    event(2, "2026-11-21 10:01", trace_id=short, request_id=short)
    event(3, "2026-11-21 10:02", xray_trace_id=xray, request_id=xray)
    for name, line in ((w3c, 1), (short, 2), (xray, 3)):
        assert ask(con, f"select line_number from trace('{name}')") == [(line,)]


def test_unanswered_requests(night: duckdb.DuckDBPyConnection) -> None:
    """Of the traces that a batch left without an answer, those that have none by now."""
    night.execute("insert into store.unanswered values ('lost'), ('lost'), ('gone')")
    night.execute("insert into store.unanswered from (select trace_id from store.response limit 1)")
    query = "select trace_id, tenant_id, events, last_event, first_at from unanswered_requests"
    first_at = datetime(2026, 11, 21, 10, 0, 5)
    assert ask(night, query) == [("lost", "acme", 2, "handler.exception", first_at)]


def test_edge_only_responses(night: duckdb.DuckDBPyConnection) -> None:
    minute = datetime(2026, 11, 21, 10, 0)
    assert ask(night, "from edge_only_responses") == [(minute, 499, 2)]


def test_bookkeeping_views(night: duckdb.DuckDBPyConnection) -> None:
    night.execute(
        "insert into store.ingest_run values "
        "(3, '2026-11-22 02:00', '2026-11-22 02:01', '0.1.0', 1, 1, 0, 10, 8, 1, 1, 0)"
    )
    sources = ask(night, "select source_id, path, status, lines from sources")
    assert sources == [("s1", "log-1.ndjson", "loaded", 10)]
    rejected = ask(
        night, "select source_id, path, line_number, byte_offset, reason from rejected_lines"
    )
    assert rejected == [("s1", "log-1.ndjson", 9, 900, "json")]
    query = (
        "select as_of, newest_event_at, newest_app_at, newest_edge_at, newest_otlp_at, "
        "last_run_no, sources_loaded, sources_refused, lines, events, rejected from freshness"
    )
    newest = datetime(2026, 11, 21, 12, 5)
    edge = datetime(2026, 11, 21, 10, 0, 50)
    as_of = datetime(2026, 11, 22, 2, 1)
    assert ask(night, query) == [(as_of, newest, newest, edge, None, 3, 1, 0, 10, 8, 1)]
