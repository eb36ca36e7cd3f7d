"""Retry storms and retry figures on traffic small enough to count by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from importlib import resources
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from .conftest import fill_retries

STEPS = ("refresh_tenant_minutes", "refresh_storm_minutes", "refresh_storms")
ANSWERED_AFTER = timedelta(milliseconds=100)
START = datetime(2026, 11, 21)

Attempt = tuple[float, int | None]


def at(clock: str, day: int = 0) -> datetime:
    """A time of the tests' first day, or of a later one."""
    hour, minute, second = (float(part) for part in f"{clock}:0:0".split(":")[:3])
    return START + timedelta(days=day, hours=hour, minutes=minute, seconds=second)


class Traffic:
    """Operations written by hand: when each attempt was received, and the code it met."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._responses: list[dict[str, Any]] = []
        self._operations: list[dict[str, Any]] = []

    def operation(
        self,
        tenant: str | None,
        begin: datetime,
        *attempts: Attempt,
        retry_after: int | None = None,
        retryable: bool = True,
        **fields: Any,
    ) -> None:
        """One operation; attempts are (seconds after begin, error code or None)."""
        number = len(self._responses) + 1
        previous: datetime | None = None
        for attempt, (offset, code) in enumerate(attempts, start=1):
            received = begin + timedelta(seconds=offset)
            waited = (
                None if previous is None else (received - previous) // timedelta(milliseconds=1)
            )
            self._responses.append(
                {
                    "response_id": len(self._responses) + 1,
                    "trace_id": f"trace{len(self._responses) + 1}",
                    "occurred_at": received + ANSWERED_AFTER,
                    "received_at": received,
                    "tenant_id": tenant,
                    "surface": "v1",
                    "http_route": "/api/v1/send",
                    "http_status": 503 if code else 200,
                    "is_error": code is not None,
                    "error_code": code or None,
                    "retryable": retryable if code is not None else None,
                    "retry_after_s": retry_after if code is not None else None,
                    "recipient": number,
                    "seen_in": 1,
                    "is_duplicate_trace": False,
                    "batch_no": 1,
                    "chain_basis": "fingerprint",
                    "chain_key": number,
                    "operation_id": number,
                    "attempt": attempt,
                    "waited_ms": waited,
                    **fields,
                }
            )
            previous = received + ANSWERED_AFTER
        last = self._responses[-1]
        self._operations.append(
            {
                "operation_id": number,
                "tenant_id": tenant,
                "surface": "v1",
                "http_route": "/api/v1/send",
                "chain_basis": last["chain_basis"],
                "chain_key": number,
                "attempts": len(attempts),
                "first_at": begin,
                "last_at": previous,
                "closes_at": previous + timedelta(seconds=60) if last["is_error"] else previous,
                "succeeded": not last["is_error"],
                "last_retryable": last["retryable"],
                "early_retries": 0,
                "retries_of_final_errors": 0,
            }
        )

    def background(
        self, tenant: str | None, begin: datetime, minutes: int, per_minute: int = 2
    ) -> None:
        """Operations that succeed at once, evenly spread."""
        for n in range(minutes * per_minute):
            self.operation(tenant, begin + timedelta(seconds=n * 60 / per_minute + 1), (0, None))

    def load(self) -> None:
        """Write all rows, and refresh what is made of them, as the ingest does."""
        for table, rows in (("response", self._responses), ("operation", self._operations)):
            written = pa.Table.from_pylist(rows)
            assert written.num_rows == len(rows)
            self._con.execute(f"insert into store.{table} by name select * from written")
        fill_retries(self._con)
        newest = max(row["occurred_at"] for row in self._responses)
        self._con.execute("insert into store.meta values ('newest_at', $1)", [str(newest)])
        self.refresh()

    def refresh(self) -> None:
        """Refresh everything from the responses there."""
        transforms = resources.files("chertlog.queries").joinpath("transforms")
        con = self._con
        con.execute(transforms.joinpath("engine.sql").read_text("utf-8"))
        con.execute(
            "create or replace temp table touched_hour as "
            "select distinct tenant_id, date_trunc('hour', received_at) as hour from store.response"
        )
        con.execute(
            "set variable touched_from_at = (select min(hour) from touched_hour);"
            "set variable touched_to_at = (select max(hour) + interval 1 hour from touched_hour)"
        )
        for step in STEPS:
            con.execute(transforms.joinpath(f"{step}.sql").read_text("utf-8"))


@pytest.fixture
def traffic(con: duckdb.DuckDBPyConnection) -> Traffic:
    return Traffic(con)


def storms(con: duckdb.DuckDBPyConnection, columns: str = "*") -> list[dict[str, Any]]:
    result = con.execute(f"select {columns} from retry_storms order by started_at, tenant_id")
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def hammer(
    traffic: Traffic, tenant: str | None, begin: datetime, operations: int, code: int
) -> None:
    """Operations 10 ms apart, each tried nine times, a second apart."""
    for n in range(operations):
        traffic.operation(
            tenant,
            begin + timedelta(milliseconds=10 * n),
            *((second, code) for second in range(9)),
            retry_after=2,
        )


def test_a_storm_of_eight_seconds(con: duckdb.DuckDBPyConnection, traffic: Traffic) -> None:
    traffic.background("acme", at("11"), 90)
    traffic.background("other", at("12"), 30)
    hammer(traffic, "acme", at("12:00:10"), 40, 1007)
    traffic.load()
    (storm,) = storms(con)
    # First attempts came until 12:00:10.39, before the first retry.
    assert storm["started_at"] == at("12:00:11")
    assert storm["ended_at"] == at("12:00:18") + timedelta(milliseconds=390)
    assert storm["seconds"] == 7.39
    assert (storm["attempts"], storm["operations"], storm["retries"]) == (320, 40, 320)
    assert storm["amplification"] == 8
    assert storm["peak_retries_per_minute"] == 320
    assert storm["peak_retries_10s"] == 320
    assert (storm["verdict"], storm["detector"]) == ("retry storm", "burst")
    assert (storm["error_code"], storm["error_codes"]) == (1007, [1007])
    assert (storm["wasted_attempts"], storm["operations_saved"]) == (320, 0)
    assert storm["recipients"] == 40
    # It was told 2 s, and waited 0.9 s: less than 2 s less the tolerance of 1 s.
    assert storm["early_retry_share"] == 1
    assert storm["top_of_hour_share"] == storm["released_share"] == 0
    # In that minute: 360 attempts of the storm, 2 of acme and 2 of other.
    assert storm["share_of_load"] == 320 / 364
    assert storm["may_go_on"] is False


def test_a_storm_of_seconds_of_a_busy_tenant(
    con: duckdb.DuckDBPyConnection, traffic: Traffic
) -> None:
    """240 retries in a minute of 600 first attempts: only its ten seconds stand out."""
    traffic.background("acme", at("12"), 5, per_minute=600)
    hammer(traffic, "acme", at("12:02:20"), 30, 1007)
    traffic.load()
    (storm,) = storms(con)
    assert (storm["retries"], storm["verdict"]) == (240, "retry storm")


def test_few_requests_are_never_a_storm(con: duckdb.DuckDBPyConnection, traffic: Traffic) -> None:
    """A tenant with three requests, and one with nineteen retries in a minute."""
    traffic.operation("tiny", at("12"), (0, 3001), (1, 3001), (3, 3001))
    for n in range(19):
        traffic.operation("small", at("12:00:05") + timedelta(seconds=n), (0, 3001), (2, None))
    traffic.load()
    assert storms(con) == []


def test_twenty_retries_are_a_storm(con: duckdb.DuckDBPyConnection, traffic: Traffic) -> None:
    """The threshold of the test above, met."""
    for n in range(20):
        traffic.operation("small", at("12:00:05") + timedelta(seconds=n), (0, 3001), (2, None))
    traffic.load()
    (storm,) = storms(con)
    assert (storm["retries"], storm["operations_saved"]) == (20, 20)


def test_a_surge_and_an_outage_without_retries_are_no_storms(
    con: duckdb.DuckDBPyConnection, traffic: Traffic
) -> None:
    traffic.background("acme", at("10"), 120, per_minute=3)
    traffic.background("acme", at("11"), 20, per_minute=18)
    for n in range(100):
        traffic.operation("quiet", at("11") + timedelta(seconds=3 * n), (0, 3002))
    traffic.load()
    assert storms(con) == []


def test_a_herd_of_the_full_hour_is_no_culprit(
    con: duckdb.DuckDBPyConnection, traffic: Traffic
) -> None:
    """30 operations wait for the full hour; 20 then meet the rate limit, twice, and wait again."""
    for n in range(30):
        # Told 600 s at 11:50; the wait ends at 12:00 and a fraction.
        told = (0, 4002), (600.1 + n / 100, 1007 if n < 20 else None)
        limited = ((605 + n / 100, 1007), (610 + n / 100, None)) if n < 20 else ()
        traffic.operation("acme", at("11:50"), *told, *limited, retry_after=4)
    traffic.load()
    (storm,) = storms(con)
    assert storm["verdict"] == "top-of-hour herd"
    # Of 70 retries 30 followed the 4002 itself, which is fewer than half.
    assert storm["retries"] == 70
    assert storm["top_of_hour_share"] == 30 / 70
    assert storm["released_share"] == 1
    assert storm["early_retry_share"] == 0
    assert storm["operations_saved"] == 30
    assert "waited for the full hour" in storm["reasons"]


def test_hammering_over_the_full_hour_is_no_herd(
    con: duckdb.DuckDBPyConnection, traffic: Traffic
) -> None:
    """Refused just before the hour, they come back after it long before they were told to."""
    for n in range(30):
        retries = ((second, 1007) for second in range(5, 13))
        traffic.operation("acme", at("11:59:57"), (n / 100, 4002), *retries, retry_after=300)
    traffic.load()
    (storm,) = storms(con)
    assert (storm["retries"], storm["early_retry_share"]) == (240, 1)
    assert (storm["released_share"], storm["verdict"]) == (0.125, "retry storm")


def test_refusals_that_are_hammered_are_a_saturation_storm(
    con: duckdb.DuckDBPyConnection, traffic: Traffic
) -> None:
    traffic.background("acme", at("11"), 60)
    hammer(traffic, "acme", at("11:40"), 20, 4002)
    hammer(traffic, "acme", at("11:44"), 20, 4002)
    traffic.load()
    (storm,) = storms(con)  # four minutes apart: one episode
    assert (storm["started_at"], storm["retries"]) == (at("11:40:01"), 320)
    assert (storm["verdict"], storm["share_4002"]) == ("saturation storm", 1)


def test_episodes_further_apart_are_two(con: duckdb.DuckDBPyConnection, traffic: Traffic) -> None:
    hammer(traffic, "acme", at("11:40"), 20, 4002)
    hammer(traffic, "acme", at("11:46"), 20, 4002)
    traffic.load()
    assert [storm["started_at"] for storm in storms(con)] == [at("11:40:01"), at("11:46:01")]


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (3002, "amplified outage"),
        (4001, "amplified outage"),
        (0, "amplified outage"),
        (1007, "retry storm"),
    ],
)
def test_an_outage_that_clients_amplify(
    con: duckdb.DuckDBPyConnection, traffic: Traffic, code: int, verdict: str
) -> None:
    """Four minutes in which all fails, 3xxx, 4001 or without a code; another code is no outage."""
    traffic.background("acme", at("10"), 120, per_minute=6)
    for n in range(40):
        begin = at("12") + timedelta(seconds=6 * n)
        traffic.operation("acme", begin, (0, code), (1, code), (3, code), (7, code))
    traffic.load()
    (storm,) = storms(con)
    assert (storm["verdict"], storm["first_error_ratio"]) == (verdict, 1)
    assert storm["error_code"] == (code or None)
    assert storm["error_codes"] == ([code] if code else [])


def test_retries_that_outlive_their_trigger_are_metastable(
    con: duckdb.DuckDBPyConnection, traffic: Traffic
) -> None:
    """First attempts fail from 12:00 to 12:10; those operations are tried again until 12:30."""
    traffic.background("acme", at("8"), 240, per_minute=6)
    for n in range(60):
        begin = at("12") + timedelta(seconds=10 * n)
        attempts = ((20 * k, 3001) for k in range(60) if 10 * n + 20 * k < 1800)
        traffic.operation("acme", begin, *attempts)
    traffic.background("acme", at("12:10"), 30, per_minute=6)
    traffic.load()
    (storm,) = storms(con)
    assert storm["verdict"] == "metastable"
    assert "had recovered" in storm["reasons"]


def test_errors_that_retries_keep_up_are_metastable(
    con: duckdb.DuckDBPyConnection, traffic: Traffic
) -> None:
    """40 minutes of 1007 at the usual demand: nothing but the retries themselves explains it."""
    traffic.background("acme", at("10"), 120, per_minute=6)
    for n in range(240):
        begin = at("12") + timedelta(seconds=10 * n)
        traffic.operation("acme", begin, *((1.5 * k, 1007) for k in range(5)))
    traffic.load()
    (storm,) = storms(con)
    assert storm["verdict"] == "metastable"
    assert storm["demand_factor"] == pytest.approx(1, abs=0.05)
    assert "times the usual demand" in storm["reasons"]


def slow(traffic: Traffic, begin: datetime, minutes: int) -> None:
    """One operation a minute that is tried again twice: ten retries in five minutes, not twenty."""
    for n in range(minutes):
        moment = begin + timedelta(minutes=n)
        traffic.operation("acme", moment, (5, 3001), (25, 3001), (45, 3001))


def test_a_slow_storm_of_hours(con: duckdb.DuckDBPyConnection, traffic: Traffic) -> None:
    slow(traffic, at("9"), 180)
    traffic.load()
    (storm,) = storms(con)
    assert (storm["detector"], storm["retries"], storm["amplification"]) == ("slow", 360, 539 / 180)
    assert (storm["started_at"], storm["ended_at"]) == (at("9:00:25"), at("11:59:45"))


def test_a_slow_storm_needs_enough_retries(
    con: duckdb.DuckDBPyConnection, traffic: Traffic
) -> None:
    slow(traffic, at("9"), 29)  # 58 retries, two below the least
    traffic.load()
    assert storms(con) == []


def test_a_burst_is_not_stretched_by_quiet_retries(
    con: duckdb.DuckDBPyConnection, traffic: Traffic
) -> None:
    """A retry every two minutes, before and after, belongs to nothing."""
    for n in range(60):
        moment = at("11") + timedelta(minutes=2 * n)
        traffic.operation("acme", moment, (0, 3001), (1, None))
    hammer(traffic, "acme", at("12:00:30"), 40, 1007)
    traffic.load()
    (storm,) = storms(con)
    # The retry of the same minute of the clock is inside; the others are not.
    assert (storm["started_at"], storm["retries"]) == (at("12:00:01"), 321)


def test_storms_that_come_back_every_hour_do_not_become_normal(
    con: duckdb.DuckDBPyConnection, traffic: Traffic
) -> None:
    for hour in range(12):
        for minute in range(45, 57, 2):
            hammer(traffic, "acme", at(f"{hour}:{minute}"), 5, 4002)
    traffic.load()
    found = storms(con)
    assert [storm["started_at"] for storm in found] == [at(f"{hour}:45:01") for hour in range(12)]
    assert {storm["retries"] for storm in found} == {6 * 40}


def usual(traffic: Traffic, hours: int, retries: int, at_end: int) -> None:
    """Six operations a minute, and retries below storm grade; the last five minutes have more."""
    minutes = hours * 60
    for n in range(minutes):
        wanted = at_end if n >= minutes - 5 else retries
        for k in range(6):
            more = wanted // 6 + (k < wanted % 6)
            attempts = ((k + 0.5 * tried, 3001) for tried in range(more + 1))
            traffic.operation("acme", at("0") + timedelta(minutes=n), *attempts)


@pytest.mark.parametrize(("at_end", "found"), [(8, 0), (20, 1)])
def test_what_is_usual_for_a_tenant_is_no_storm(
    con: duckdb.DuckDBPyConnection, traffic: Traffic, at_end: int, found: int
) -> None:
    """Five retries a minute are normal after a day: 8 are 1.3 deviations above, 20 are 6.7."""
    usual(traffic, 26, 5, at_end)
    traffic.load()
    minutes = con.execute(
        "select distinct normal_retries, normal_spread from store.storm_minute "
        "where minute >= $1 and is_warm",
        [at("1:55", day=1)],
    ).fetchall()
    assert minutes == ([(5, 5**0.5)] if found else [])
    assert [storm["started_at"] for storm in storms(con)] == [at("1:55:00.5", day=1)] * found


def test_eight_retries_a_minute_are_a_storm_where_there_were_none(
    con: duckdb.DuckDBPyConnection, traffic: Traffic
) -> None:
    """The other half of the test above: the baseline decides."""
    usual(traffic, 2, 0, 8)
    traffic.load()
    assert len(storms(con)) == 1


def test_a_storm_of_nobody_known(con: duckdb.DuckDBPyConnection, traffic: Traffic) -> None:
    """Requests without a tenant are one caller."""
    hammer(traffic, None, at("12:00:10"), 40, 1007)
    hammer(traffic, "acme", at("12:00:10"), 40, 1007)
    traffic.load()
    assert [(s["tenant_id"], s["retries"]) for s in storms(con)] == [("acme", 320), (None, 320)]


def test_drivers(con: duckdb.DuckDBPyConnection, traffic: Traffic) -> None:
    for n in range(30):
        route = "/api/v1/chats" if n < 3 else "/api/v1/send"
        begin = at("12:00:10") + timedelta(milliseconds=10 * n)
        traffic.operation("acme", begin, (0, 3001), (1, 3002), (2, None), http_route=route)
    traffic.load()
    found = con.execute(
        "select dimension, value, retries, contribution, is_main from storm_drivers"
    ).fetchall()
    assert found == [
        ("code", "3001", 30, 0.5, True),
        ("code", "3002", 30, 0.5, True),
        ("route", "/api/v1/send", 54, 0.9, True),
        ("route", "/api/v1/chats", 6, 0.1, False),
        ("surface", "v1", 60, 1, True),
    ]


def test_refreshing_again_changes_nothing(con: duckdb.DuckDBPyConnection, traffic: Traffic) -> None:
    hammer(traffic, "acme", at("12:00:10"), 40, 1007)
    slow(traffic, at("14"), 100)
    traffic.load()
    tables = ("tenant_minute", "storm_minute", "storm", "storm_driver")
    before = [con.execute(f"from store.{name} order by all").fetchall() for name in tables]
    assert all(before)
    traffic.refresh()
    assert [con.execute(f"from store.{name} order by all").fetchall() for name in tables] == before


@pytest.fixture
def two_minutes(con: duckdb.DuckDBPyConnection, traffic: Traffic) -> duckdb.DuckDBPyConnection:
    """Ten operations of acme at 12:00, one at 12:05; one of other at 12:00."""
    for n in range(6):
        traffic.operation("acme", at("12") + timedelta(seconds=n), (0, None))
    traffic.operation("acme", at("12"), (0, 3001), (1, 3001), (3, None))
    traffic.operation("acme", at("12"), (0, 3001), (1, 3001), (3, 3001), (7, 3001))
    traffic.operation("acme", at("12"), (0, 1001), (1, 1001), retryable=False)
    traffic.operation("acme", at("12"), (0, 1001), retryable=False)
    traffic.operation("acme", at("12:05"), (0, 4002))  # the newest: still open
    weak = {"chain_basis": "weak_fingerprint"}
    traffic.operation("other", at("12"), (0, 3001), (0.5, None), **weak)
    traffic.load()
    return con


def rows(
    con: duckdb.DuckDBPyConnection, query: str, values: Iterable[Any] = ()
) -> list[tuple[Any, ...]]:
    return con.execute(query, list(values)).fetchall()


def test_retry_figures(two_minutes: duckdb.DuckDBPyConnection) -> None:
    result = two_minutes.execute("select * from retry_figures where tenant_id = 'acme'")
    names = [column[0] for column in result.description or ()]
    (row,) = result.fetchall()
    figures = dict(zip(names, row, strict=True))
    wanted = {
        "scope": "tenant",
        "operations": 11,
        "attempts": 6 + 3 + 4 + 2 + 1 + 1,
        "retries": 2 + 3 + 1,
        "retried_operations": 3,
        "amplification": 17 / 11,
        "retry_share": 6 / 17,
        "retries_per_operation": 6 / 11,
        "actual_success_ratio": 7 / 17,
        "effective_success_ratio": 7 / 10,  # the open one counts nowhere
        "failed_first": 4,
        "succeeded_later": 1,
        "eventual_success_ratio": 1 / 4,
        "gave_up": 1,
        "give_up_ratio": 1 / 4,
        "open": 1,
        "wasted_attempts": 2 + 4 + 2 + 1 + 1,
        "futile_attempts": 1,
        "early_retries": 0,
        "attempts_p50": 1,
        "attempts_p95": 4,  # 10 of 11 had up to three: 91 %
        "attempts_max": 4,
        "has_no_cap": False,
        "keyed_share": 0,
        "fingerprint_share": 1,
        "weak_fingerprint_share": 0,
        "identifiable_share": 1,
    }
    assert {name: figures[name] for name in wanted} == wanted
    # All six retries at 12:00, beside ten first attempts: 10 % allow 10 * 0.1 / 0.9 = 1.11 of them.
    assert figures["over_budget"] == Decimal("4.888889")
    assert figures["over_high_budget"] == Decimal("3.5")


def test_figures_of_all_tenants_are_sums(two_minutes: duckdb.DuckDBPyConnection) -> None:
    query = (
        "select operations, attempts, amplification, weak_fingerprint_share, over_budget, "
        "attempts_p50, attempts_max from retry_figures where scope = 'all'"
    )
    # Of other: one retry beside one first attempt, 0.11 of it allowed.
    assert rows(two_minutes, query) == [
        (12, 19, 19 / 12, 2 / 19, Decimal("4.888889") + Decimal("0.888889"), 1, 4)
    ]


def test_success_by_attempt(two_minutes: duckdb.DuckDBPyConnection) -> None:
    query = (
        "select attempt, attempts, successes, success_ratio from success_by_attempt "
        "where tenant_id = 'acme'"
    )
    assert rows(two_minutes, query) == [
        (1, 11, 6, 6 / 11),
        (2, 3, 0, 0),
        (3, 2, 1, 0.5),
        (4, 1, 0, 0),
    ]
    query = "select attempts, successes from success_by_attempt where scope = 'all' and attempt = 2"
    assert rows(two_minutes, query) == [(4, 1)]


def test_six_and_more_attempts_are_one_row(
    con: duckdb.DuckDBPyConnection, traffic: Traffic
) -> None:
    traffic.operation("acme", at("12"), *((2 * n, 3001) for n in range(9)))
    traffic.load()
    query = "select attempts from success_by_attempt where scope = 'all' order by attempt"
    assert rows(con, query) == [(1,), (1,), (1,), (1,), (1,), (4,)]


def test_retry_minutes(two_minutes: duckdb.DuckDBPyConnection) -> None:
    query = (
        "select minute, tenant_id, attempts, operations, retries, amplification, errors, "
        "successes, succeeded_operations, refused, retries_of_final_errors, weak_retries, "
        "over_budget from retry_minutes order by minute, tenant_id"
    )
    noon, later = at("12"), at("12:05")
    assert rows(two_minutes, query) == [
        (noon, "acme", 16, 10, 6, 1.6, 9, 7, 7, 0, 1, 0, Decimal("4.888889")),
        (noon, "other", 2, 1, 1, 2, 1, 1, 1, 0, 0, 1, Decimal("0.888889")),
        (later, "acme", 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, Decimal(0)),
    ]


def test_figures_of_nothing(con: duckdb.DuckDBPyConnection) -> None:
    assert rows(con, "from retry_figures") == []
    assert rows(con, "from success_by_attempt") == []
    assert storms(con) == []
