"""Alert rules: what fires on a day whose truth is asked another way, and on rows by hand."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chertlog.ingest.run import ingest
from chertlog.ingest.settings import Settings
from chertlog.queries.alerting.rules import Alert, evaluate, horizon, packaged_rules
from chertlog.queries.apply import load_seeds
from chertlog.queries.database import connect

from .conftest import insert

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 12)
LONG_AGO = datetime(2000, 1, 1)
LAST_SATURATED = (
    "select max(last_refused_at) as at from saturation_hours where onset_at is not null"
)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample day, published."""
    data_dir = tmp_path_factory.mktemp("alerts") / "data"
    ingest([str(ROOT / "sample_logs" / "day")], Settings(data_dir=data_dir), final=True)
    return data_dir


def alerts_of(
    data_dir: Path, since: datetime = LONG_AGO, now: datetime = NOW
) -> dict[str, list[Alert]]:
    """Alerts by rule."""
    with connect(data_dir) as db:
        found = evaluate(db, data_dir, since, now)
    return {rule: [a for a in found if a.rule == rule] for rule in {a.rule for a in found}}


def subjects(alerts: dict[str, list[Alert]], rule: str) -> set[str]:
    return {alert.subject for alert in alerts.get(rule, [])}


def test_what_fires_on_the_sample_day(day: Path) -> None:
    """Each figure again from responses, operations and the catalogue's own file, in Python."""
    alerts = alerts_of(day)
    with connect(day) as db:
        responses = db.rows("select error_code, delivery_service from responses where is_error")
        hours = db.rows("select * from saturation_hours where onset_at is not null")
        storms = db.rows("select tenant_id, started_at from retry_storms")
    with (ROOT / "queries" / "seeds" / "error_codes.csv").open() as file:
        known = {row["error_code"] for row in csv.DictReader(file)}
    sent = {str(row["error_code"]) for row in responses if row["error_code"] is not None}
    assert subjects(alerts, "undocumented_code") == sent - known
    services = {row["delivery_service"] for row in responses if row["error_code"] == 3003}
    assert len(subjects(alerts, "provider_not_configured")) == len(services)
    assert subjects(alerts, "saturation") == {
        f"{row['tenant_id']} {row['hour']:%Y-%m-%dT%H}:00Z" for row in hours
    }
    assert hours and subjects(alerts, "retry_storm") == {
        f"{row['tenant_id']} {row['started_at']:%Y-%m-%dT%H}:00Z" for row in storms
    }
    assert alerts.keys() <= {rule.name for rule in packaged_rules()}, (
        "every check of the data holds"
    )
    assert all(alert.next and alert.meaning for each in alerts.values() for alert in each)


def test_what_is_long_over_is_no_alert(day: Path) -> None:
    with connect(day) as db:
        newest_at = db.rows("select newest_event_at as at from freshness")[0]["at"]
        last = db.rows(LAST_SATURATED)[0]["at"]
    assert "saturation" in alerts_of(day, since=last - timedelta(seconds=1))
    assert not alerts_of(day, since=newest_at).keys() & {"saturation", "retry_storm"}


def test_how_far_a_check_looks_back() -> None:
    """What came since the check before, and at least an hour; the first looks at a day."""
    newest = datetime(2026, 11, 21, 6)
    assert horizon(newest, None, NOW) == newest - timedelta(hours=24)
    assert horizon(newest, newest - timedelta(days=3), NOW) == newest - timedelta(days=3)
    assert horizon(newest, newest, NOW) == newest - timedelta(hours=1)
    assert horizon(None, None, NOW) == NOW


def test_the_burn_rate_fires_where_its_view_says_so(day: Path) -> None:
    with connect(day) as db:
        fires = {row["rule"] for row in db.rows("select rule from burn_rates where fires")}
    assert fires and subjects(alerts_of(day), "burn_rate") == fires


@pytest.mark.parametrize(("hours", "fires"), [(29, False), (31, True)])
def test_stale_data(day: Path, hours: int, fires: bool) -> None:
    with connect(day) as db:
        newest_at = db.rows("select newest_event_at as at from freshness")[0]["at"]
    alerts = alerts_of(day, now=newest_at + timedelta(hours=hours))
    assert ("stale_data" in alerts) is fires
    if fires:
        assert "31 h old (limit 30 h)" in alerts["stale_data"][0].summary


# ---- by hand


def test_nothing_fires_without_data(data_dir: Path) -> None:
    assert alerts_of(data_dir) == {}


def test_a_service_that_is_not_configured(response: Any, published: Callable[[], Path]) -> None:
    for number, (at, service) in enumerate(
        [("10:00", "relay"), ("11:00", "relay"), ("11:30", None), ("09:00", "old")], start=1
    ):
        response(
            number, f"2026-11-21 {at}:00", is_error=True, error_code=3003,
            http_status=503, delivery_service=service,
        )  # fmt: skip
    found = alerts_of(published(), since=datetime(2026, 11, 21, 9, 30))["provider_not_configured"]
    assert [(a.subject, a.severity) for a in found] == [
        ("relay", "page"), ("unknown service", "page"),
    ]  # fmt: skip
    assert found[0].summary == (
        "code 3003, relay not configured: 2 responses, last at 2026-11-21 11:00 UTC"
    )
    assert found[0].screen == "errors?range=all&code=3003"


def test_a_refused_file(con: duckdb.DuckDBPyConnection, published: Callable[[], Path]) -> None:
    for number, at in enumerate(["2026-11-21 11:00", "2026-11-19 11:00"], start=1):
        insert(
            con,
            "source",
            {name: 0 for name in ("lines", "events", "rejected", "blank", "duplicates", "erased")},
            source_no=number,
            run_no=1,
            path=f"/logs/{number}.log",
            status="refused",
            reason="nothing in it is known",
            offered_at=at,
        )
    found = alerts_of(published())["file_refused"]
    assert [a.summary for a in found] == ["/logs/1.log was refused: nothing in it is known"]


def test_a_check_of_the_data_that_fails_is_an_alert(
    con: duckdb.DuckDBPyConnection, response: Any, published: Callable[[], Path]
) -> None:
    response(1, "2026-11-21 10:00:00")
    response(1, "2026-11-21 10:00:00")
    found = alerts_of(published())["response_unique"]
    assert [a.subject for a in found] == ["data"]
    assert "1 rows contradict: Every response is stored once." in found[0].summary


OWN = """-- A tenant sends too much.
-- Next: talk to them.
select tenant_id as subject, 'ticket' as severity, null::timestamp as started_at,
    tenant_id || ' sent ' || count(*) || ' since ' || $since::date as summary,
    'clients?client=' || tenant_id as screen
from responses where occurred_at > $since and occurred_at < $now
group by tenant_id having count(*) > 1
"""


def test_a_rule_of_the_users_own(response: Any, published: Callable[[], Path]) -> None:
    for number in range(3):
        response(number, "2026-11-21 10:00:00", tenant_id="acme" if number else "globex")
    data_dir = published()
    (data_dir / "alerts").mkdir()
    (data_dir / "alerts" / "loud.sql").write_text(OWN)
    (alert,) = alerts_of(data_dir)["loud"]
    assert (alert.subject, alert.summary) == ("acme", "acme sent 2 since 2000-01-01")
    assert (alert.meaning, alert.next) == ("A tenant sends too much.", "talk to them.")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("select 1 as a", "description"),
        ("-- Reads a file.\nselect * from read_text('/etc/passwd')", "cannot be asked"),
        ("-- Writes.\ndelete from store.response", "cannot be asked"),
        ("-- No such thing.\nselect * from nothing", "nothing"),
        ("-- Too few columns.\nselect 'x' as subject", "no column severity"),
        (
            "-- Odd.\nselect 'x' as subject, 'loud' as severity, null as started_at, "
            "'' as summary, '' as screen",
            "must be one of page, ticket",
        ),
    ],
)
def test_a_rule_that_cannot_be_asked_is_not_quiet(data_dir: Path, text: str, why: str) -> None:
    (data_dir / "alerts").mkdir()
    (data_dir / "alerts" / "mine.sql").write_text(text)
    (alert,) = alerts_of(data_dir)["broken_rule"]
    assert alert.subject == "mine"
    assert why in alert.summary


SATURATION_COUNTS = (
    *("refused", "refused_first_attempts", "refused_operations", "unmet_operations"),
    *("returned_operations", "drained_operations", "told", "next_retries"),
    "next_retries_minute_0",
)


def test_a_forecast_that_lines_run_out(
    con: duckdb.DuckDBPyConnection, response: Any, published: Callable[[], Path]
) -> None:
    """100 an hour fit; 60 came in the first half hour, 30 of them in its last quarter."""
    load_seeds(con)
    con.execute("delete from store.meta where key = 'newest_at'")
    con.execute("insert into store.meta values ('newest_at', '2026-11-21 10:30:00')")
    insert(
        con, "saturation_route", {}, tenant_id="acme", http_route="/api/v1/send",
        hour="2026-11-21 08:00", attempts=120, first_attempts=120, accepted=100, refused=20,
        attempts_after_onset=20, accepted_after_onset=0, relief_attempts=0, relief_accepted=0,
        relief_refused=0,
    )  # fmt: skip
    insert(
        con,
        "saturation_hour",
        dict.fromkeys(SATURATION_COUNTS, 5),
        tenant_id="acme", hour="2026-11-21 08:00", first_refused_at="2026-11-21 08:50",
        onset_at="2026-11-21 08:50", last_refused_at="2026-11-21 08:59",
    )  # fmt: skip
    number = 0
    for hour, count, minutes in (("08", 100, 50), ("10", 80, 30)):
        for each in range(count):
            number += 1
            at = datetime.fromisoformat(f"2026-11-21 {hour}:00") + timedelta(
                minutes=minutes * each / count
            )
            response(number, at.isoformat(" "))
    for each in range(20):  # refused at the end of 08, so that the hour counts as filled
        number += 1
        response(number, f"2026-11-21 08:5{each % 10}:30", is_error=True, error_code=4002,
                 http_status=429)  # fmt: skip
    data_dir = published()
    with connect(data_dir) as db:
        (told,) = db.rows("select verdict, runs_out_at from saturation_forecast")
    found = alerts_of(data_dir, since=NOW).get("saturation_forecast", [])
    assert told["verdict"] == "runs out"
    assert [a.subject for a in found] == ["acme 2026-11-21T10:00Z"]
    assert f"run out of lines at {told['runs_out_at']:%H:%M} UTC: 80 of" in found[0].summary
