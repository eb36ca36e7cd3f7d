"""Saturation by 4002 over a handful of rows, computed by hand here."""

from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from typing import Any

import duckdb
import pytest

from .conftest import fill_retries

Row = Callable[..., None]
DAY = "2026-11-21 "
REFRESHED = ("refresh_saturation", "refresh_route_minutes", "refresh_line_hours")
REFUSED = {"is_error": True, "error_code": 4002, "retryable": True, "http_status": 503}


def at(clock: str) -> datetime:
    return datetime.fromisoformat(DAY + clock)


def refresh(con: duckdb.DuckDBPyConnection, *touched: tuple[str, datetime]) -> None:
    """Run the transforms for these tenants and hours; for all there are without any."""
    transforms = files("chertlog.queries") / "transforms"
    con.execute((transforms / "engine.sql").read_text("utf-8"))
    con.execute(
        """
        create or replace temp table touched_hour as
        select tenant_id, date_trunc('hour', received_at) as hour from store.response
        union
        select tenant_id, date_trunc('hour', occurred_at) as hour from store.response
        """
    )
    if touched:
        con.execute("delete from touched_hour")
        con.executemany("insert into touched_hour values ($1, $2)", [list(one) for one in touched])
    span = (transforms / "touched_span.sql").read_text("utf-8")
    lowest, highest = con.execute(span).fetchall()[0]
    con.execute("set variable touched_from_at = $1", [lowest])
    con.execute("set variable touched_to_at = $1", [highest])
    fill_retries(con)
    for name in REFRESHED:
        con.execute((transforms / f"{name}.sql").read_text("utf-8"))


def one(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    result = con.execute(query)
    names = [column[0] for column in result.description or ()]
    [row] = result.fetchall()
    return dict(zip(names, row, strict=True))


def hour(con: duckdb.DuckDBPyConnection, clock: str = "10:00") -> dict[str, Any]:
    return one(con, f"select * from saturation_hours where hour = timestamp '{DAY}{clock}'")


@pytest.fixture
def busy(con: duckdb.DuckDBPyConnection, response: Row) -> duckdb.DuckDBPyConnection:
    """Hour 10: four accepted, five times 4002 in four operations, one of them served in time.

    Of the three left, one is refused again at 11:00:10, one served at 11:00:20, one at 11:07.
    """
    for number, clock in enumerate(("10:05", "10:10", "10:15", "10:20"), start=1):
        response(number, DAY + clock)
    response(5, DAY + "10:30:00", **REFUSED, retry_after_s=1800)
    response(6, DAY + "10:50:00", **REFUSED, retry_after_s=600)
    response(7, DAY + "10:50:30", **REFUSED, retry_after_header_s=573)
    response(8, DAY + "10:51:00", **REFUSED, retry_after_s=590)
    response(15, DAY + "10:51:40", **REFUSED, operation_id=5, attempt=2)
    response(18, DAY + "10:55:00", operation_id=8, attempt=2)
    # Neither a route with a quota nor a fault of capacity.
    response(20, DAY + "10:40:00", http_route="/api/v1/chats/{chat_id}")
    response(25, DAY + "11:00:10", **REFUSED, operation_id=5, attempt=3)
    response(26, DAY + "11:00:20", operation_id=6, attempt=2)
    response(27, DAY + "11:07:00", operation_id=7, attempt=2)
    con.execute("insert into store.meta values ('newest_at', '2026-11-21 11:30:00')")
    refresh(con)
    return con


def test_what_was_refused_and_what_was_left(busy: duckdb.DuckDBPyConnection) -> None:
    found = hour(busy)
    counts = {
        "attempts": 10,
        "first_attempts": 8,
        "accepted": 5,
        "refused": 5,
        "refused_first_attempts": 4,
        "refused_operations": 4,
        "unmet_operations": 3,
        "demand_operations": 8,
    }
    assert {name: found[name] for name in counts} == counts
    assert found["refused_share"] == 0.5
    assert found["refused_operations_share"] == 0.5
    assert found["refusals_per_operation"] == 1.25
    assert found["overload_ratio"] == 1.6


def test_the_onset_is_the_first_refusal_that_three_more_follow(
    busy: duckdb.DuckDBPyConnection,
) -> None:
    found = hour(busy)
    assert found["first_refused_at"] == at("10:30:00")
    assert found["first_refused_minute"] == 30
    assert found["onset_at"] == at("10:50:00")
    assert found["last_refused_at"] == at("10:51:40")
    assert found["saturated_fraction"] == pytest.approx(1 / 6)
    # One refusal alone is no onset.
    assert hour(busy, "11:00")["onset_at"] is None
    assert hour(busy, "11:00")["saturated_fraction"] is None


def test_four_refusals_in_exactly_two_minutes_are_an_onset(
    con: duckdb.DuckDBPyConnection, response: Row
) -> None:
    for number, clock in enumerate(("10:00:00", "10:01:00", "10:01:30", "10:02:00.000001")):
        response(number, DAY + clock, **REFUSED)
    refresh(con)
    assert hour(con)["onset_at"] is None
    response(9, DAY + "10:02:00", **REFUSED)
    refresh(con)
    assert hour(con)["onset_at"] == at("10:00:00")


def test_an_hour_that_still_accepts_has_not_filled(busy: duckdb.DuckDBPyConnection) -> None:
    """After the onset one of four attempts was accepted: more than 10 %."""
    found = hour(busy)
    assert found["is_capacity_censored"]
    assert (found["capacity"], found["capacity_basis"]) == (5, "lower bound")


def test_relief_is_seen_in_the_next_hour(busy: duckdb.DuckDBPyConnection) -> None:
    found = hour(busy)
    assert found["relief"] == "herd took it"
    assert found["is_relief_settled"]
    # Two of three operations came back in the first minutes, one of them was served.
    assert (found["returned_operations"], found["drained_operations"]) == (2, 1)
    assert found["drain"] == pytest.approx(1 / 3)
    assert found["promise_kept"] == 0.5
    # Of three retries of a 4002 in the next hour, two came in minute 0.
    assert found["herd_lift"] == 40
    following = hour(busy, "11:00")
    assert (following["relief"], following["is_relief_settled"]) == ("unknown", False)
    assert (following["herd_lift"], following["promise_kept"]) == (None, None)


@pytest.mark.parametrize(
    ("accepted", "refused", "relief"),
    [
        (0, 0, "unknown"),
        (1, 0, "relieved"),
        (0, 1, "no relief"),
        (1, 1, "no relief"),
        (2, 1, "herd took it"),
    ],
)
def test_each_kind_of_relief(
    con: duckdb.DuckDBPyConnection, response: Row, accepted: int, refused: int, relief: str
) -> None:
    """An hour that carried 20: two accepted in the first six minutes are 10 %, one is less."""
    for number in range(20):
        response(number, f"{DAY}10:{number:02d}:00")
    for number in range(4):
        response(100 + number, f"{DAY}10:50:{number:02d}", **REFUSED)
    for number in range(accepted):
        response(200 + number, f"{DAY}11:00:{number:02d}")
    for number in range(refused):
        response(300 + number, f"{DAY}11:05:{59 - number}", **REFUSED)
    # The window is over.
    response(400, DAY + "11:06:00")
    response(401, DAY + "11:06:01", **REFUSED)
    refresh(con)
    found = hour(con)
    assert (found["capacity"], found["capacity_basis"]) == (20, "filled hours")
    assert not found["is_capacity_censored"]
    assert found["utilisation"] == 1
    assert found["relief"] == relief


def test_requests_count_in_the_hour_they_were_received(
    con: duckdb.DuckDBPyConnection, response: Row
) -> None:
    response(1, DAY + "11:00:00.100", received_at=DAY + "10:59:59.900", **REFUSED)
    refresh(con)
    assert con.execute("select hour, refused from saturation_hours").fetchall() == [
        (at("10:00"), 1)
    ]


def test_hours_in_a_row_and_days_at_the_same_hour(
    con: duckdb.DuckDBPyConnection, response: Row
) -> None:
    onsets = ("21 10:40", "21 11:30", "21 12:30", "21 14:20", "22 10:10")
    for number, onset in enumerate(onsets):
        for second in range(4):
            response(10 * number + second, f"2026-11-{onset}:0{second}", **REFUSED)
    # Another tenant in between breaks nothing.
    response(99, DAY + "13:30", tenant_id="birch", **REFUSED)
    refresh(con)
    rows = con.execute(
        "select hours_in_a_row, days_at_this_hour, is_resaturation from saturation_hours"
        " where tenant_id = 'acme' order by hour"
    ).fetchall()
    # At 12:30 it ran out as late as the hour before: no sooner.
    assert rows == [(1, 1, False), (2, 1, True), (3, 1, False), (1, 1, False), (1, 2, False)]


def test_the_time_told_against_the_full_hour(busy: duckdb.DuckDBPyConnection) -> None:
    """Told less time left: 0, 0, +3 (in the header) and +50 s; the median of four is the second."""
    found = hour(busy)
    assert found["told_less_top_s"] == 0
    assert found["server_makes_herd"]
    assert hour(busy, "11:00")["server_makes_herd"] is None


def test_a_server_that_tells_another_time_makes_no_herd(
    con: duckdb.DuckDBPyConnection, response: Row
) -> None:
    response(1, DAY + "10:30:00", **REFUSED, retry_after_s=1806)
    refresh(con)
    assert (hour(con)["told_less_top_s"], hour(con)["server_makes_herd"]) == (6, False)


def test_accepted_counts_on_routes_that_ever_answered_4002(
    con: duckdb.DuckDBPyConnection, response: Row
) -> None:
    """Whichever tenant and hour: a quota seen later counts for earlier hours, unrefreshed."""
    response(1, DAY + "10:10", http_route="/api/v1/chats")
    response(2, DAY + "10:20")
    response(3, DAY + "10:30", **REFUSED)
    refresh(con)
    assert (hour(con)["attempts"], hour(con)["accepted"]) == (2, 1)
    later = {"tenant_id": "birch", "http_route": "/api/v1/chats"}
    response(4, DAY + "20:00", **REFUSED, **later)
    refresh(con, ("birch", at("20:00")))
    assert (hour(con)["attempts"], hour(con)["accepted"]) == (3, 2)


def test_a_tenant_nobody_knows_is_a_tenant(con: duckdb.DuckDBPyConnection, response: Row) -> None:
    response(1, DAY + "10:10", tenant_id=None)
    response(2, DAY + "10:20", tenant_id=None, **REFUSED)
    response(3, DAY + "10:30", **REFUSED)
    refresh(con)
    refresh(con, (None, at("10:00")))  # type: ignore[arg-type]
    assert con.execute(
        "select tenant_id, accepted, refused from saturation_hours order by tenant_id"
    ).fetchall() == [("acme", 0, 1), (None, 1, 1)]


def test_refreshing_hour_by_hour_gives_the_same(
    busy: duckdb.DuckDBPyConnection, response: Row
) -> None:
    """Also if an hour changes that only the one before it depends on."""
    response(30, DAY + "11:01:00", operation_id=5, attempt=4)
    refresh(busy, ("acme", at("11:00")))
    tables = ("saturation_hour", "saturation_route", "route_minute", "line_hour")
    by_hour = [busy.execute(f"from store.{name} order by all").fetchall() for name in tables]
    for name in tables:
        busy.execute(f"delete from store.{name}")
    refresh(busy)
    assert by_hour == [
        busy.execute(f"from store.{name} order by all").fetchall() for name in tables
    ]
    assert hour(busy)["drained_operations"] == 2
    busy.execute("delete from store.response where received_at >= timestamp '2026-11-21 10:30'")
    refresh(busy, ("acme", at("10:00")), ("acme", at("11:00")))
    assert busy.execute("select count(*) from saturation_hours").fetchone() == (0,)


def test_by_minute_counts_first_attempts(busy: duckdb.DuckDBPyConnection) -> None:
    assert busy.execute("select count(*) from saturation_by_minute").fetchone() == (24 * 60,)
    found = busy.execute(
        "select * exclude (refused_share_low, refused_share_high) from saturation_by_minute"
        " where first_attempts > 0 order by hour_of_day, minute_of_hour"
    ).fetchall()
    assert found == [
        (10, 5, 1, 0, 0),
        (10, 10, 1, 0, 0),
        (10, 15, 1, 0, 0),
        (10, 20, 1, 0, 0),
        (10, 30, 1, 1, 1),
        (10, 50, 2, 2, 1),
        (10, 51, 1, 1, 1),
    ]


@pytest.fixture
def lines(con: duckdb.DuckDBPyConnection, response: Row, event: Row) -> duckdb.DuckDBPyConnection:
    """Two lines with a cap of two. Line 7 delivers twice; of line 8 the log has one delivery."""
    for number, (clock, line) in enumerate([("10:01", 7), ("10:02", 8), ("10:03", 7)], start=1):
        response(number, DAY + clock)
        event(
            number,
            f"{DAY}{clock}:00.1",
            event="delivery.ok",
            trace_id=f"trace{number}",
            tenant_id="acme",
            line_id=line,
        )
    full = [{"line": 7, "used": 2, "cap": 2}, {"line": 8, "used": 2, "cap": 2}]
    half = [{"line": 7, "used": 2, "cap": 2}, {"line": 8, "used": 1, "cap": 2}]
    for number, (clock, named) in enumerate([("10:04", half), ("10:05", full)], start=4):
        response(number, DAY + clock, **REFUSED)
        event(
            number,
            f"{DAY}{clock}",
            event="capacity.exhausted",
            trace_id=f"trace{number}",
            tenant_id="acme",
            lines=named,
        )
    # The line is busy again in the next hour, and for another tenant: neither counts.
    response(6, DAY + "11:00")
    event(6, DAY + "11:00", event="delivery.ok", trace_id="trace6", tenant_id="acme", line_id=7)
    response(7, DAY + "10:06", tenant_id="birch")
    event(7, DAY + "10:06", event="delivery.ok", trace_id="trace7", tenant_id="birch", line_id=7)
    refresh(con)
    return con


def test_lines_and_when_they_were_full(lines: duckdb.DuckDBPyConnection) -> None:
    found = lines.execute(
        "select hour, line, cap, used, utilisation, filled_at, filled_basis, refusals, sends"
        " from line_saturation order by line"
    ).fetchall()
    name = "l_{:016x}".format
    assert found == [
        (at("10:00"), name(7), 2, 2, 1, at("10:03"), "delivery", 2, 2),
        (at("10:00"), name(8), 2, 2, 1, at("10:05"), "refusal", 2, 1),
    ]
    assert one(lines, "select capacity, capacity_basis, utilisation from saturation_hours") == {
        "capacity": 4,
        "capacity_basis": "caps in the log",
        "utilisation": 0.75,
    }


@pytest.fixture
def filling(con: duckdb.DuckDBPyConnection, response: Row) -> duckdb.DuckDBPyConnection:
    """Hour 10 filled with 60; in hour 11 one is accepted every half minute from 11:06 on."""
    for number in range(60):
        response(number, f"{DAY}10:{number // 2:02d}:{number % 2 * 30:02d}")
    for number in range(4):
        response(100 + number, f"{DAY}10:50:{number:02d}", **REFUSED)
    for number in range(40):
        response(200 + number, f"{DAY}11:{6 + number // 2:02d}:{number % 2 * 30:02d}")
    refresh(con)
    return con


def forecast(con: duckdb.DuckDBPyConnection, clock: str) -> dict[str, Any]:
    return one(con, f"select * from saturation_forecast_at(timestamp '{DAY}{clock}')")


def test_a_forecast_takes_what_is_left_at_the_latest_rate(
    filling: duckdb.DuckDBPyConnection,
) -> None:
    """At 11:15:45: 20 accepted in 9.75 minutes, 40 left: 19.5 minutes more, so 11:35:15."""
    found = forecast(filling, "11:15:45")
    assert found["verdict"] == "runs out"
    assert found["accepted_in_window"] == 20
    assert found["rate_minutes"] == 9.75
    assert found["runs_out_at"] == at("11:35:15")
    # exp(1.96 sqrt(1/20 + 1/40)) = 1.7105: 11.400 minutes, and 33.356
    assert abs((found["runs_out_from"] - at("11:27:09.0")).total_seconds()) < 1
    assert abs((found["runs_out_to"] - at("11:49:06.4")).total_seconds()) < 1
    assert found["basis"] == "capacity: filled hours; rate: 20 accepted in 10 min"


def test_a_forecast_tells_when_it_cannot_tell(filling: duckdb.DuckDBPyConnection) -> None:
    early = forecast(filling, "11:08:45")
    assert (early["verdict"], early["runs_out_at"], early["runs_out_from"]) == (
        "cannot tell",
        None,
        None,
    )
    assert early["basis"] == "6 accepted in 3 min: too few for a rate"
    first = forecast(filling, "10:30:00")
    assert (first["verdict"], first["runs_out_at"]) == ("cannot tell", None)
    assert first["basis"] == "no capacity known: no earlier hour filled"


def test_a_forecast_beyond_the_hour_is_no_time(filling: duckdb.DuckDBPyConnection) -> None:
    """At 11:50: 12 accepted in the 30 minutes, 20 left: it lasts 50 more; perhaps only 25."""
    found = forecast(filling, "11:50:00")
    assert (found["verdict"], found["runs_out_at"], found["accepted_in_window"]) == (
        "lasts",
        None,
        12,
    )


def test_what_has_run_out_is_no_forecast(filling: duckdb.DuckDBPyConnection, response: Row) -> None:
    response(300, DAY + "11:20:00", **REFUSED)
    refresh(filling)
    found = forecast(filling, "11:25:00")
    assert (found["verdict"], found["runs_out_at"]) == ("ran out", at("11:20:00"))
    assert found["basis"] == "first 4002 of the hour"
    # A moment before, nobody could know.
    assert forecast(filling, "11:19:00")["verdict"] == "runs out"


def test_the_view_forecasts_from_the_newest_data(filling: duckdb.DuckDBPyConnection) -> None:
    assert filling.execute("select * from saturation_forecast").fetchall() == []
    filling.execute("insert into store.meta values ('newest_at', '2026-11-21 11:15:45')")
    assert one(filling, "select * from saturation_forecast") == forecast(filling, "11:15:45")
