"""Errors by origin and time to answer over a handful of rows, computed by hand here."""

from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from typing import Any

import duckdb
import pytest

Row = Callable[..., None]
DAY = "2026-11-21 "


def refresh(con: duckdb.DuckDBPyConnection, *hours: str) -> None:
    """Run the transforms for these hours; for all there are without any."""
    transforms = files("chertlog.queries") / "transforms"
    con.execute((transforms / "engine.sql").read_text("utf-8"))
    con.execute(
        "create or replace temp table touched_hour as"
        " select distinct tenant_id, date_trunc('hour', occurred_at) as hour from store.response"
    )
    if hours:
        con.execute(
            "delete from touched_hour where not list_contains($1, hour)",
            [[datetime.fromisoformat(hour) for hour in hours]],
        )
    span = (transforms / "touched_span.sql").read_text("utf-8")
    lowest, highest = con.execute(span).fetchall()[0]
    con.execute("set variable touched_from_at = $1", [lowest])
    con.execute("set variable touched_to_at = $1", [highest])
    for name in ("refresh_origin_hours", "refresh_latency_hours"):
        con.execute((transforms / f"{name}.sql").read_text("utf-8"))


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    result = con.execute(query)
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def at(clock: str) -> datetime:
    return datetime.fromisoformat(DAY + clock)


@pytest.fixture
def deployed(con: duckdb.DuckDBPyConnection, response: Row) -> duckdb.DuckDBPyConnection:
    """Version 1 from 10 o'clock on, version 2 from 11 on: there 1 of 2 and 2 of 3 fail."""
    v1 = {"service_version": "1", "host": "a"}
    v2 = {"service_version": "2", "host": "b"}
    failed = {"is_error": True, "error_code": 3001, "http_status": 500}
    response(1, DAY + "10:10", **v1)
    response(2, DAY + "11:10", **v1)
    response(3, DAY + "11:20", **v1, is_error=True, error_code=1001, http_status=400)
    response(4, DAY + "11:30", **v2, **failed)
    response(5, DAY + "11:40", **v2, **failed, tenant_id="birch")
    response(6, DAY + "11:50", **v2)
    # Only the edge saw it: no version, and neither a success nor an error.
    response(7, DAY + "11:55", is_error=None, http_status=500, seen_in=2)
    # An error without a code is the server's from status 500 on.
    response(8, DAY + "12:00", **v2, is_error=True, http_status=502)
    response(9, DAY + "12:01", **v2, is_error=True, http_status=499)
    # A week before, both versions together: 1 error of 4.
    for number in range(4):
        response(20 + number, "2026-11-14 11:30", service_version="0", host="a")
    con.execute("update store.response set is_error = true where response_id = 20")
    refresh(con)
    return con


def test_errors_by_version(deployed: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        deployed,
        f"from errors_by_version where hour = timestamp '{DAY}11:00' order by service_version",
    )
    kept = [
        "service_version",
        "first_hour",
        "responses",
        "unclassified",
        "errors",
        "error_ratio",
        "server_errors",
        "server_error_ratio",
        "tenants_hit",
        "others_responses",
        "others_errors",
        "others_error_ratio",
        "week_before_responses",
        "week_before_errors",
        "week_before_error_ratio",
    ]
    assert [tuple(row[name] for name in kept) for row in found] == [
        ("1", at("10:00"), 2, 0, 1, 1 / 2, 0, 0, 1, 4, 2, 2 / 3, 4, 1, 1 / 4),
        ("2", at("11:00"), 3, 0, 2, 2 / 3, 2, 2 / 3, 2, 3, 1, 1 / 2, 4, 1, 1 / 4),
        (None, at("11:00"), 1, 1, 0, None, 0, None, 0, 5, 3, 3 / 5, 4, 1, 1 / 4),
    ]
    # Wilson 95 % of 1 in 2, by hand: (1/2 -+ 1.96 sqrt(1/8 + 0.9604/4)) / (1 + 3.8416/2)
    assert found[0]["error_ratio_low"] == pytest.approx(0.09453, abs=1e-5)
    assert found[0]["error_ratio_high"] == pytest.approx(0.90547, abs=1e-5)


def test_an_error_without_a_code_is_the_servers_from_500_on(
    deployed: duckdb.DuckDBPyConnection,
) -> None:
    query = f"select errors, server_errors from errors_by_version where hour >= '{DAY}12:00'"
    assert deployed.execute(query).fetchall() == [(2, 1)]


def test_errors_by_host(deployed: duckdb.DuckDBPyConnection) -> None:
    """The same host a week before: host a had 1 error of 4, host b was not there."""
    query = (
        "select host, errors, others_errors, week_before_responses, week_before_errors"
        f" from errors_by_host where hour = timestamp '{DAY}11:00' order by host"
    )
    assert deployed.execute(query).fetchall() == [
        ("a", 1, 2, 4, 1),
        ("b", 2, 1, None, None),
        (None, 0, 3, None, None),
    ]


def test_errors_by_delivery_service(con: duckdb.DuckDBPyConnection, response: Row) -> None:
    """Two of five fail, with one code each; a week before one of two, with the first code."""
    relay = {"delivery_service": "relay"}
    failed = {**relay, "is_error": True, "error_code": 4001, "http_status": 502}
    for number in range(3):
        response(number, DAY + "10:10", **relay)
    response(3, DAY + "10:20", **failed, internal_code="A")
    response(4, DAY + "10:30", **failed, internal_code="B", tenant_id="birch")
    response(5, DAY + "10:30")
    response(10, "2026-11-14 10:10", **failed, internal_code="A")
    response(11, "2026-11-14 10:20", **relay)
    refresh(con)
    found = con.execute(
        "select delivery_service, internal_code, responses, service_responses, errors, error_ratio,"
        " server_errors, tenants_hit, week_before_responses, week_before_errors,"
        f" week_before_error_ratio from errors_by_delivery_service where hour >= '{DAY}00:00'"
        " order by internal_code"
    ).fetchall()
    assert found == [
        ("relay", "A", 1, 5, 1, 1 / 5, 1, 1, 2, 1, 1 / 2),
        ("relay", "B", 1, 5, 1, 1 / 5, 1, 1, 2, 0, 0),
        ("relay", None, 3, 5, 0, 0, 0, 0, 2, 0, 0),
    ]


def test_origins_hour_by_hour_are_the_same(
    deployed: duckdb.DuckDBPyConnection, response: Row
) -> None:
    response(90, DAY + "11:59", service_version="2", host="a", duration_ms=70)
    refresh(deployed, DAY + "11:00")
    tables = ("origin_hour", "latency_hour")
    by_hour = [deployed.execute(f"from store.{name} order by all").fetchall() for name in tables]
    refresh(deployed)
    assert by_hour == [
        deployed.execute(f"from store.{name} order by all").fetchall() for name in tables
    ]
    assert by_hour[1] == [(at("11:00"), "/api/v1/send", 70, 2, 1)]


@pytest.fixture
def rollout(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Hour 10: an outage for all, 40 of 80 and 10 of 20 fail. Hour 11: 2 of 20 and 18 of 80.

    Summed up, version 1 has 42 of 100 and version 2 only 28: hour by hour the new one is worse.
    """
    for clock, version, responses, errors in (
        ("09:00", "1", 50, 0),
        ("10:00", "1", 80, 40),
        ("10:00", "2", 20, 10),
        ("11:00", "1", 20, 2),
        ("11:00", "2", 80, 18),
    ):
        con.execute(
            "insert into store.origin_hour values ($1, 'version', $2, null, $3, 0, $4, $4, 1)",
            [at(clock), version, responses, errors],
        )
    return con


def test_a_deploy_is_compared_hour_by_hour(rollout: duckdb.DuckDBPyConnection) -> None:
    old, new = rows(rollout, "from deploys order by service_version")
    assert (old["is_deploy_seen"], new["is_deploy_seen"]) == (False, True)
    assert (new["first_hour"], new["hours_shared"]) == (at("10:00"), 2)
    assert (new["shared_responses"], new["shared_server_errors"]) == (100, 28)
    assert (new["others_shared_responses"], new["others_shared_server_errors"]) == (100, 42)
    # (10 80 + 18 20) / 100 = 11.6 over (40 20 + 2 80) / 100 = 9.6
    assert new["risk_ratio"] == pytest.approx(11.6 / 9.6)
    assert old["risk_ratio"] == pytest.approx(9.6 / 11.6)
    # Greenland and Robins:
    # (50 1600 - 10 40 100 + 20 1600 - 18 2 100) / 100^2 = 6.84, over 11.6 9.6;
    # exp(1.96 sqrt(6.84 / 111.36)) = 1.6253
    assert new["risk_ratio_low"] == pytest.approx(11.6 / 9.6 / 1.6253, rel=1e-3)
    assert new["risk_ratio_high"] == pytest.approx(11.6 / 9.6 * 1.6253, rel=1e-3)
    # Excess 28 - 10 - 16 = 2, variance 1600 (50 50 + 20 80) / (100^2 99) = 6.6263: z = 0.77696
    assert new["p_value"] == pytest.approx(0.43718, abs=1e-4)
    assert new["verdict"] == "no difference shown"


def test_verdicts_on_deploys(rollout: duckdb.DuckDBPyConnection) -> None:
    verdicts = "select verdict from deploys order by service_version"
    rollout.execute(
        "update store.origin_hour set server_errors = 70 where origin = '2' and responses = 80"
    )
    assert rollout.execute(verdicts).fetchall() == [("better",), ("worse",)]
    rollout.execute("update store.origin_hour set server_errors = server_errors // 20")
    assert rollout.execute(verdicts).fetchall() == [("cannot tell",), ("cannot tell",)]
    rollout.execute("delete from store.origin_hour where origin = '1'")
    assert rollout.execute("select verdict, risk_ratio from deploys").fetchall() == [
        ("cannot tell", None)
    ]


def test_percentiles_below_64_ms_are_exact(con: duckdb.DuckDBPyConnection, response: Row) -> None:
    """Of 40 durations 1 to 40 ms the 20th, the 38th, and the 40th (99 % of 40 is 39.6)."""
    for number in range(1, 41):
        response(number, DAY + "10:10", duration_ms=number)
    response(99, DAY + "10:10")  # duration unknown
    refresh(con)
    query = "select hour, http_route, responses, p50_ms, p95_ms, p99_ms, longest_ms"
    found = con.execute(f"{query} from latency_by_route").fetchall()
    assert found == [(at("10:00"), "/api/v1/send", 40, 20, 38, 40, 40)]


def test_buckets_have_no_gaps_and_bound_the_error(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """Every duration up to 5 s, and every power of two and its neighbours up to a day."""
    con.execute(
        """
        insert into store.response by name
        select
            hash(d)::ubigint as response_id, d::varchar as trace_id, d::varchar as http_route,
            timestamp '2026-11-21 10:00' as occurred_at, occurred_at as received_at,
            'v1' as surface, 1 as seen_in, false as is_duplicate_trace, 1 as batch_no,
            'fingerprint' as chain_basis, 1 as chain_key, 1 as operation_id, 1 as attempt,
            d as duration_ms
        from (
            from range(5000) as r (d)
            union
            select (2 ** k)::bigint + n from range(12, 26) as p (k), range(-1, 2) as o (n)
            union
            select 86399999
        ) as r (d)
        """
    )
    refresh(con)
    wrong = con.execute(
        """
        select l.http_route::bigint as d, l.from_ms, l.width_ms
        from store.latency_hour as l
        where d < from_ms or d >= from_ms + width_ms or from_ms % width_ms != 0
            or width_ms > 1 and width_ms * 32 > from_ms
        """
    ).fetchall()
    assert wrong == []
    off = con.execute(
        "select max(abs(p50_ms - http_route::bigint) / greatest(http_route::bigint, 1))"
        " from latency_by_route"
    ).fetchall()[0][0]
    assert 0 < off <= 1 / 64


def test_histograms_of_hours_add_up(con: duckdb.DuckDBPyConnection, response: Row) -> None:
    """Hour 10: nine times 10 ms; hour 11: once 50 ms. The mean of the medians would be 30."""
    for number in range(9):
        response(number, DAY + "10:10", duration_ms=10)
    response(10, DAY + "11:10", duration_ms=50)
    response(11, DAY + "12:10", duration_ms=60)
    refresh(con)
    found = con.execute(
        "select responses, p50_ms, p95_ms, longest_ms"
        f" from latency_between('{DAY}10:00', '{DAY}12:00')"
    ).fetchall()
    assert found == [(10, 10, 50, 50)]
    earlier = f"from latency_between('{DAY}10:00', '{DAY}11:00', days_before := 1)"
    assert con.execute(f"select p95_ms, p95_ms_before {earlier}").fetchall() == [(10, None)]
    response(12, "2026-11-20 10:30", duration_ms=40)
    response(13, "2026-11-20 11:30", duration_ms=63)
    refresh(con)
    assert con.execute(f"select p95_ms, p95_ms_before {earlier}").fetchall() == [(10, 40)]
    with pytest.raises(duckdb.InvalidInputException, match="shorter than the period"):
        con.execute("from latency_between('2026-11-20', '2026-11-22', days_before := 1)")
