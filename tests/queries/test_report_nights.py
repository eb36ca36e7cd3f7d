"""The report of simulated nights: its figures against single rows; what a customer's holds."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from chertlog.ingest.cli import app
from chertlog.ingest.run import ingest
from chertlog.ingest.settings import Settings
from chertlog.ingest.simulate import DEFAULT_START, write_day
from chertlog.queries import connect
from chertlog.queries.report import Report, gather, window_of
from chertlog.queries.report_html import report_html
from chertlog.queries.report_markdown import report_markdown
from chertlog.queries.report_sections import page
from chertlog.queries.report_tenant import TenantReport, gather_tenant, tenant_json, tenant_page

HOURS = 2.5  # of the window; the data hold it, what came before it, and the same a week before
SPAN = timedelta(hours=HOURS)
NOW = datetime(2026, 11, 22)


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with five hours, and the last half of them a week before."""
    folder = tmp_path_factory.mktemp("nights")
    write_day(folder / "now", hours=2 * HOURS, rps=0.35, corrupt=0.002)
    week_before = DEFAULT_START + SPAN - timedelta(days=7)
    write_day(folder / "week", hours=HOURS, rps=0.2, seed=2, start=week_before)
    ingest([str(folder)], Settings(folder / "data", threads=2), final=True)
    return folder / "data"


@pytest.fixture(scope="module")
def report(nights: Path) -> Report:
    with connect(nights) as db:
        return gather(db, SPAN, NOW)


@pytest.fixture(scope="module")
def rows(nights: Path) -> Callable[..., list[dict[str, Any]]]:
    def ask(query: str, **given: object) -> list[dict[str, Any]]:
        with connect(nights) as db:
            return db.rows(query, given or None)

    return ask


Ask = Callable[..., list[dict[str, Any]]]

# The headline numbers from single responses and operations, which the report never reads.
PLAIN = """
with answered as (
    select r.* from responses as r where r.occurred_at >= $since and r.occurred_at < $until
),
hit as (  -- by tenant and hour of the request
    select r.tenant_id, date_trunc('hour', r.received_at) as hour, r.operation_id
    from responses as r
    where r.error_code = 4002
        and date_trunc('hour', r.received_at) >= date_trunc('hour', $since::timestamp)
        and date_trunc('hour', r.received_at) < $until
),
refused as (select distinct * from hit),
unmet as (
    select f.* from refused as f
    where not exists (
        select 1 from responses as r
        where r.operation_id = f.operation_id and not r.is_error
            and r.received_at < f.hour + interval 1 hour
    )
),
begun as (
    select o.* from operations as o
    inner join answered as a on a.operation_id = o.operation_id and a.attempt = 1
)
select
    count(*) as responses,
    count(*) filter (is_error) as errors,
    count(*) filter (is_error is null) as unclassified,
    count(*) filter (is_error) / count(is_error) as error_ratio,
    count(*) filter (is_logical_failure) as logical_failures,
    (select count(*) from begun) as operations,
    (select count(*) from begun where outcome in ('gave_up', 'final_error')) as failed_operations,
    (
        select count(*) from responses
        where attempt > 1 and received_at >= $since and received_at < $until
    ) as retries,
    (select count(*) from hit) as refused,
    (select count(*) from refused) as refused_operations,
    (select count(*) from unmet) as unmet_operations,
    (select count(*) from contract_violations where occurred_at >= $since and occurred_at < $until)
        as violations
from answered
"""


def test_each_period_is_what_its_responses_say(report: Report, rows: Ask) -> None:
    assert [(p.key, p.is_known) for p in report.compared] == [
        ("before", True),
        ("week_before", True),
    ]
    assert report.since is not None and report.until is not None
    periods = [(report.since, report.until, report.totals)]
    periods += [(p.since, p.until, p.totals or {}) for p in report.compared]
    assert periods[1][1] == report.since
    assert periods[2][0] == report.since - timedelta(days=7)
    for since, until, told in periods:
        (plain,) = rows(PLAIN, since=since, until=until)
        assert plain["errors"] > 50
        for name, value in plain.items():
            assert told[name] == pytest.approx(value), (since, name)


def test_codes_beside_what_they_were(report: Report, rows: Ask) -> None:
    def errors(start: datetime, end: datetime) -> dict[int | None, int]:
        found = rows(
            "select error_code, count(*) as n from responses where is_error "
            "and occurred_at >= $since and occurred_at < $until group by all",
            since=start,
            until=end,
        )
        return {row["error_code"]: row["n"] for row in found}

    assert report.since is not None and report.until is not None
    now = errors(report.since, report.until)
    before, week = (errors(period.since, period.until) for period in report.compared)
    assert {row["error_code"]: row["errors"] for row in report.by_code} == now
    for row in report.by_code:
        assert row["errors_before"] == before.get(row["error_code"], 0)
        assert row["errors_week_before"] == week.get(row["error_code"], 0)
    # Movers count operations by their first error, over the two windows.
    for row in report.movers_by_code:
        found = rows(
            "select count(*) filter (first_at < $since) as before, "
            "count(*) filter (first_at >= $since) as after from operations "
            "where first_error_code is not distinct from $code "
            "and first_at >= $start and first_at < $until and (first_error_code is not null)",
            start=report.compared[0].since,
            since=report.since,
            until=report.until,
            code=row["error_code"],
        )[0]
        assert (row["before_errors"], row["after_errors"]) == (found["before"], found["after"])
    assert report.movers_by_code


def test_storms_hours_and_clients_are_all_there(report: Report, rows: Ask) -> None:
    window = {"since": report.since, "until": report.until}
    storms = rows(
        "select storm_id, retries from retry_storms "
        "where ended_at >= $since and started_at < $until",
        **window,
    )
    assert {r["storm_id"]: r["retries"] for r in report.storms} == {
        r["storm_id"]: r["retries"] for r in storms
    }
    assert report.totals["storms"] == len(report.storms) > 0
    wasted = [row["wasted_attempts"] for row in report.storms]
    assert wasted == sorted(wasted, reverse=True)
    assert (
        sum(row["unmet_operations"] for row in report.saturation)
        == (report.totals["unmet_operations"])
    )
    for row in report.saturation:
        assert sum(hour["refused"] for hour in row["by_hour"]) == row["refused"]
        assert row["hours"] == len(row["by_hour"])
    earlier = report.compared[0].totals or {}
    assert sum(row["unmet_before"] for row in report.saturation) <= earlier["unmet_operations"]
    retries = rows(
        "select tenant_id, count(*) as n from responses where attempt > 1 "
        "and received_at >= $since and received_at < $until group by all",
        **window,
    )
    by_tenant = {row["tenant_id"]: row["n"] for row in retries}
    bad = rows(
        "select tenant_id from client_conduct where verdict in ('misbehaves', 'could improve')"
    )
    assert {row["tenant_id"] for row in report.clients} == (
        {row["tenant_id"] for row in bad} & set(by_tenant)
    )
    assert all(row["retries"] == by_tenant[row["tenant_id"]] for row in report.clients)


def test_drift_is_told_beside_what_it_was(report: Report, rows: Ask) -> None:
    before = report.compared[0]
    counted = rows(
        "select kind, count(*) filter (occurred_at >= $since) as now, "
        "count(*) filter (occurred_at < $since) as before from contract_violations "
        "where occurred_at >= $start and occurred_at < $until group by all",
        start=before.since,
        since=report.since,
        until=report.until,
    )
    told = {r["kind"]: (r["violations"], r["violations_before"]) for r in report.violations}
    assert {row["kind"]: (row["now"], row["before"]) for row in counted}.items() <= told.items()
    assert sum(now for now, _ in told.values()) == report.totals["violations"]
    overridden = rows(
        "select r.http_route, r.error_code, r.retryable, "
        "count(*) filter (r.occurred_at >= $since) as now, min(r.occurred_at) as first_at "
        "from responses as r join error_codes as k using (error_code) where r.is_error "
        "and r.retryable != k.retryable and r.occurred_at < $until group by all having now > 0",
        since=report.since,
        until=report.until,
    )
    assert {(r["http_route"], r["error_code"], r["retryable"]): r["errors"]
            for r in report.overrides if r["errors"]} == {
        (r["http_route"], r["error_code"], r["retryable"]): r["now"] for r in overridden
    }  # fmt: skip
    codes = rows(
        "select error_code, count(*) as n from responses where is_error and error_code not in "
        "(select error_code from error_codes) and occurred_at >= $since and occurred_at < $until "
        "group by all",
        since=report.since,
        until=report.until,
    )
    assert {r["error_code"]: r["errors"] for r in report.undocumented_codes} == {
        row["error_code"]: row["n"] for row in codes
    }


def test_the_quality_of_the_data(report: Report, rows: Ask) -> None:
    (fresh,) = rows("from freshness")
    assert {row["log"]: row["newest_at"] for row in report.logs} == {
        log: fresh[f"newest_{log}_at"] for log in ("app", "edge", "otlp")
    }
    assert not any(row["is_stale"] or row["is_behind"] for row in report.logs)
    behind = rows(  # files of the week before are behind another window
        "select count(*) as n from rejected_lines join sources using (source_id) "
        "where last_event_at >= $since",
        since=report.since,
    )
    assert sum(row["lines"] for row in report.rejected) == behind[0]["n"] > 0


def test_stopped_logs_are_said(nights: Path) -> None:
    with connect(nights) as db:
        stale = gather(db, SPAN, NOW + timedelta(days=2))
    assert all(row["is_stale"] for row in stale.logs)
    assert "the logs are not loaded any more" in report_markdown(page(stale))


def test_a_period_with_a_hole_is_not_compared(nights: Path, tmp_path: Path) -> None:
    """Nobody loaded two hours of the week before: that is not a quiet night."""
    shutil.copytree(nights, tmp_path / "data", symlinks=True)
    path = (tmp_path / "data" / "chertlog.duckdb").resolve()
    path.chmod(0o600)
    with duckdb.connect(str(path)) as con:
        con.execute(
            "delete from store.response_hour "
            "where hour between '2026-11-14 03:00' and '2026-11-14 04:00'"
        )
    with connect(tmp_path / "data") as db:
        holed = gather(db, SPAN, NOW)
    assert [period.is_known for period in holed.compared] == [True, False]
    assert holed.week_before is None
    text = report_markdown(page(holed))
    assert "no log holds a response for 2 of its hours in a row" in text
    changed = text.partition("## What changed")[2].partition("##")[0]
    figures = [line for line in changed.splitlines() if line.startswith("| ")][2:]
    assert len(figures) > 10 and all(line.endswith("| not known |  |") for line in figures)
    assert all(row["errors_week_before"] is None for row in holed.by_code)


@pytest.fixture(scope="module")
def theirs(nights: Path, rows: Ask) -> dict[str, TenantReport]:
    """The report of every tenant there is."""
    names = [row["tenant_id"] for row in rows("select distinct tenant_id from responses")]
    with connect(nights) as db:
        window = window_of(db, SPAN)
        return {name: gather_tenant(db, window, name) for name in filter(None, names)}


def test_the_tenants_add_up_to_all(
    theirs: dict[str, TenantReport], report: Report, rows: Ask
) -> None:
    (unknown,) = rows(
        "select count(*) as n from responses where tenant_id is null "
        "and occurred_at >= $since and occurred_at < $until",
        since=report.since,
        until=report.until,
    )
    sums = {
        name: sum(each.totals[name] for each in theirs.values())
        for name in theirs["tenant-01"].totals
        if isinstance(theirs["tenant-01"].totals[name], int)
    }
    assert sums.pop("responses") == report.totals["responses"] - unknown["n"]
    assert sums.pop("unclassified") <= report.totals["unclassified"]
    assert sums.pop("operations") <= report.totals["operations"]
    assert len(sums) >= 7
    for name, value in sums.items():
        assert value == report.totals[name], name


def forms(theirs: TenantReport) -> dict[str, str]:
    shown = tenant_page(theirs)
    return {
        "markdown": report_markdown(shown),
        "html": report_html(shown),
        "json": tenant_json(theirs),
    }


def test_a_customers_report_names_nobody_else(theirs: dict[str, TenantReport], rows: Ask) -> None:
    """Of every tenant, in every form: no other's name, no other's trace, no file, no host."""
    owners: dict[str, set[str | None]] = {}
    for row in rows("select distinct trace_id, tenant_id from responses"):
        owners.setdefault(row["trace_id"], set()).add(row["tenant_id"])
    everyone = {row["tenant_id"] for row in rows("select distinct tenant_id from responses")} - {
        None
    }
    hosts = {r["host"] for r in rows("select distinct host from responses") if r["host"]}
    paths = {Path(r["path"]).name for r in rows("select path from sources")}
    told = 0
    assert everyone == set(theirs)
    for tenant, each in theirs.items():
        for form, text in forms(each).items():
            words = set(re.findall(r"[\w.-]+", text))
            assert tenant in words
            assert not words & (everyone - {tenant}), (tenant, form)
            assert not words & (hosts | paths), (tenant, form)
            traces = [word for word in words if word in owners]
            assert all(tenant in owners[trace] for trace in traces), (tenant, form)
            told += len(traces)
    assert told > 100  # else it would have proved little


# Everything that is about others, made into something else: names, traces, counts.
OTHERS = {
    "response_minute": "responses = 3 * responses + 7, first_attempts = 2 * first_attempts + 5, "
    "last_trace_id = 'canary' || last_trace_id, failed_final = failed_final + 3",
    "response_hour": "responses = 3 * responses + 7, last_trace_id = 'canary' || last_trace_id",
    "tenant_minute": "attempts = attempts + 9, retries = retries + 9, firsts = firsts + 2",
    "storm": "retries = retries + 9, attempts = attempts + 99, minute_attempts = 9999",
    "saturation_hour": "refused = refused + 9, refused_operations = refused_operations + 3",
    "conduct_hour": "cases = 5 * cases + 3, trace_ids = ['canary0001']",
    "operation": "attempts = attempts + 1",
    "contract_violation": "trace_id = 'canary0002'",
}


def test_a_customers_report_does_not_depend_on_others(
    nights: Path, tmp_path: Path, rows: Ask
) -> None:
    """Byte for byte the same, whatever the others did: so nothing can be derived from it."""
    busiest = [
        row["tenant_id"]
        for row in rows(
            "select tenant_id, count(*) as n from responses where error_code = 4002 "
            "and tenant_id is not null group by all order by n desc limit 1"
        )
    ]
    for tenant in busiest:
        copy = tmp_path / tenant
        shutil.copytree(nights, copy, symlinks=True)
        path = (copy / "chertlog.duckdb").resolve()
        path.chmod(0o600)
        with duckdb.connect(str(path)) as con:
            for table, change in OTHERS.items():
                con.execute(
                    f"update store.{table} set tenant_id = 'canary-' || tenant_id, {change} "
                    f"where tenant_id is distinct from '{tenant}'"
                )
        with connect(nights) as db:
            real = forms(gather_tenant(db, window_of(db, SPAN), tenant))
        with connect(copy) as db:
            assert gather(db, SPAN, NOW).totals["retries"] > 1000  # the change took
            assert forms(gather_tenant(db, window_of(db, SPAN), tenant)) == real


def test_every_query_of_it_selects_the_tenant() -> None:
    from chertlog.queries.catalogue import statements

    for name, query in statements("report_tenant").items():
        reads = len(re.findall(r"\bfrom (?!codes|answered|buckets|filled)", query))
        assert query.count("tenant_id = $tenant") == reads, name


def test_the_customers_paragraph_is_that_of_the_report_card(
    theirs: dict[str, TenantReport], rows: Ask
) -> None:
    (worst,) = rows("select tenant_id, paragraph from client_conduct limit 1")
    told = forms(theirs[worst["tenant_id"]])
    assert json.loads(told["json"])["paragraph"] == worst["paragraph"]
    assert "How your client deals with errors" in told["html"]


def test_json_is_as_documented(nights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name that docs/report.md lists is there, and every one there is listed."""
    monkeypatch.setenv("CHERTLOG_DATA_DIR", str(nights))
    text = (Path(__file__).parents[2] / "docs" / "report.md").read_text("utf-8")

    def listed(heading: str) -> set[str]:
        part = text.partition(f"### {heading}\n")[2].partition("\n### ")[0]
        return set(re.findall(r"^\| `(\w+)` \|", part, re.M))

    for heading, more in (("Ours", []), ("A customer's", ["--tenant", "tenant-06"])):
        asked = ["report", "--since", "150m", "--format", "json", *more]
        said = CliRunner().invoke(app, asked)
        assert said.exit_code == 0, said.stderr
        told = json.loads(said.stdout)
        assert set(told) == listed("Both") | listed(heading)
        assert told["schema"] == 1
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["since"])


def test_a_tenant_that_nobody_knows(nights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHERTLOG_DATA_DIR", str(nights))
    said = CliRunner().invoke(app, ["report", "--tenant", "nobody"])
    assert said.exit_code == 1
    assert "there is no response of a tenant 'nobody'" in said.stderr and said.stdout == ""
