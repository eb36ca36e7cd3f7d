"""Every saved query on the sample day: its answer again in Python, from single rows."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from typer.testing import CliRunner

from chertlog.ingest.cli import app
from chertlog.ingest.run import ingest
from chertlog.ingest.settings import Settings
from chertlog.queries.database import connect
from chertlog.queries.errors import BadQuery
from chertlog.queries.sandbox import run_select
from chertlog.queries.saved_queries import find_saved, saved_queries

ROOT = Path(__file__).parents[2]
Row = dict[str, Any]
BASES = (
    *("responses", "operations", "events", "rejected_lines", "sources", "error_codes"),
    *("early_retries", "retries_of_final_errors", "saturation_hours", "contract_violations"),
    *("unanswered_requests", "edge_only_responses", "retry_storms", "client_conduct"),
)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "data"
    ingest([str(ROOT / "sample_logs" / "day")], Settings(data_dir=folder), final=True)
    return folder


@pytest.fixture(scope="module")
def day(data_dir: Path) -> dict[str, list[Row]]:
    """Single rows, by the view that they are of."""
    with connect(data_dir) as db:
        return {name: db.rows(f"from {name}") for name in BASES}


def asked(data_dir: Path, name: str, **values: str) -> list[Row]:
    result = run_select(data_dir, find_saved(name, data_dir).filled(values))
    return [dict(zip(result.columns, row, strict=True)) for row in result.rows()]


def grouped(rows: list[Row], *names: str) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in names)].append(row)
    return groups


def errors(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["is_error"]]


def ratio(rows: list[Row]) -> float | None:
    classified = [row for row in rows if row["is_error"] is not None]
    return len(errors(classified)) / len(classified) if classified else None


def latest(rows: list[Row], name: str = "occurred_at") -> Any:
    return max(row[name] for row in rows)


Day = dict[str, list[Row]]
Facts = Callable[[Day], Any]

# For each query the columns that are compared, and what they are, in Python. Sets: the order of a
# query is that of its `order by`, which test_the_order_is_as_said looks at.
ANSWERS: dict[str, tuple[tuple[str, ...], Facts]] = {
    "errors_of_a_tenant": (
        ("error_code", "errors", "last_at"),
        lambda day: {
            (code, len(rows), latest(rows))
            for (tenant, code), rows in grouped(
                errors(day["responses"]), "tenant_id", "error_code"
            ).items()
            if tenant == "tenant-06"
        },
    ),
    "latest_of_a_tenant": (
        ("occurred_at", "trace_id"),
        lambda day: set(
            sorted(
                (r["occurred_at"], r["trace_id"])
                for r in day["responses"]
                if r["tenant_id"] == "tenant-06"
            )[-50:]
        ),
    ),
    "latest_of_a_code": (
        ("occurred_at", "trace_id"),
        lambda day: set(
            sorted(
                (r["occurred_at"], r["trace_id"])
                for r in day["responses"]
                if r["error_code"] == 4002
            )[-50:]
        ),
    ),
    "busiest_tenants": (
        ("tenant_id", "responses", "errors", "error_ratio"),
        lambda day: {
            (tenant, len(rows), len(errors(rows)), ratio(rows))
            for (tenant,), rows in grouped(day["responses"], "tenant_id").items()
        },
    ),
    "errors_by_route": (
        ("http_route", "responses", "errors", "error_ratio"),
        lambda day: {
            (route, len(rows), len(errors(rows)), ratio(rows))
            for (route,), rows in grouped(day["responses"], "http_route").items()
        },
    ),
    "errors_by_delivery": (
        ("delivery_service", "responses", "errors", "server_errors"),
        lambda day: {
            (
                service,
                len(rows),
                len(errors(rows)),
                sum(3000 <= (r["error_code"] or 0) < 4000 for r in rows),
            )
            for (service,), rows in grouped(day["responses"], "delivery_service").items()
            if service is not None
        },
    ),
    "errors_by_release": (
        ("service_version", "responses", "errors", "error_ratio"),
        lambda day: {
            (version, len(rows), len(errors(rows)), ratio(rows))
            for (version,), rows in grouped(day["responses"], "service_version").items()
            if version is not None
        },
    ),
    "errors_under_http_200": (
        ("trace_id", "error_code"),
        lambda day: {
            (r["trace_id"], r["error_code"])
            for r in errors(day["responses"])
            if 200 <= r["http_status"] < 300
        },
    ),
    "slowest_responses": (
        ("trace_id", "duration_ms"),
        lambda day: {
            (r["trace_id"], r["duration_ms"])
            for r in sorted(
                day["responses"],
                key=lambda r: (-(r["duration_ms"] or -1), r["occurred_at"], r["trace_id"]),
            )[:100]
        },
    ),
    "rate_limited_tenants": (
        ("tenant_id", "refusals"),
        lambda day: {
            (tenant, len(rows))
            for (tenant, code), rows in grouped(day["responses"], "tenant_id", "error_code").items()
            if code == 1007
        },
    ),
    "how_long_they_are_told_to_wait": (
        ("error_code", "told_in_body", "shortest_s", "median_s", "longest_s"),
        lambda day: {
            (
                code,
                len(told := [r["retry_after_s"] for r in rows if r["retry_after_s"] is not None]),
                min(told),
                median(told),
                max(told),
            )
            for (code,), rows in grouped(
                [r for r in errors(day["responses"]) if r["retry_after_s"] is not None],
                "error_code",
            ).items()
        },
    ),
    "codes_first_seen_lately": (
        ("error_code", "errors"),
        lambda day: {
            (code, len(rows))
            for (code,), rows in grouped(errors(day["responses"]), "error_code").items()
        },
    ),
    "failures_by_tenant": (
        ("tenant_id", "last_error_code", "operations", "attempts"),
        lambda day: {
            (*key, len(rows), sum(r["attempts"] for r in rows))
            for key, rows in grouped(
                [o for o in day["operations"] if o["outcome"] in ("gave_up", "final_error")],
                "tenant_id",
                "last_error_code",
            ).items()
        },
    ),
    "operations_with_most_attempts": (
        ("operation_id", "attempts"),
        lambda day: {
            (o["operation_id"], o["attempts"])
            for o in sorted(
                (o for o in day["operations"] if o["attempts"] > 1),
                key=lambda o: (-o["attempts"], o["first_at"], o["operation_id"]),
            )[:50]
        },
    ),
    "saved_by_a_retry": (
        ("first_error_code", "operations", "succeeded"),
        lambda day: {
            (code, len(rows), sum(o["outcome"] == "succeeded" for o in rows))
            for (code,), rows in grouped(
                [
                    o
                    for o in day["operations"]
                    if o["attempts"] > 1 and o["first_error_code"] is not None
                ],
                "first_error_code",
            ).items()
        },
    ),
    "hours_with_most_failures": (
        ("hour", "operations", "failed"),
        lambda day: {
            (hour, len(rows), sum(o["outcome"] in ("gave_up", "final_error") for o in rows))
            for hour, rows in _by_hour(day["operations"], "first_at").items()
        },
    ),
    "early_retries_by_tenant": (
        ("tenant_id", "early_retries"),
        lambda day: {(k[0], len(v)) for k, v in grouped(day["early_retries"], "tenant_id").items()},
    ),
    "final_errors_retried": (
        ("tenant_id", "retries", "inexcusable", "succeeded"),
        lambda day: {
            (
                tenant,
                len(rows),
                sum(not r["excusable"] for r in rows),
                sum(bool(r["succeeded"]) for r in rows),
            )
            for (tenant,), rows in grouped(day["retries_of_final_errors"], "tenant_id").items()
        },
    ),
    "relief_at_the_hour": (
        ("tenant_id", "hour", "relief", "drained_operations"),
        lambda day: {
            (h["tenant_id"], h["hour"], h["relief"], h["drained_operations"])
            for h in day["saturation_hours"]
            if h["onset_at"]
        },
    ),
    "unmet_demand_by_tenant": (
        ("tenant_id", "hours_with_4002", "saturated_hours", "unmet_operations"),
        lambda day: {
            (
                tenant,
                len(rows),
                sum(h["onset_at"] is not None for h in rows),
                sum(h["unmet_operations"] for h in rows),
            )
            for (tenant,), rows in grouped(day["saturation_hours"], "tenant_id").items()
        },
    ),
    "rejected_lines_by_file": (
        ("path", "reason", "lines"),
        lambda day: {
            (*key, len(rows))
            for key, rows in grouped(day["rejected_lines"], "path", "reason").items()
        },
    ),
    "requests_without_an_answer": (
        ("http_route", "requests"),
        lambda day: {
            (key[0], len(rows))
            for key, rows in grouped(day["unanswered_requests"], "http_route").items()
        },
    ),
    "answered_by_nginx_alone": (
        ("http_status", "responses"),
        lambda day: {
            (status, sum(e["responses"] for e in rows))
            for (status,), rows in grouped(day["edge_only_responses"], "http_status").items()
        },
    ),
    "violations_by_kind": (
        ("kind", "violations"),
        lambda day: set(Counter(v["kind"] for v in day["contract_violations"]).items()),
    ),
    "retryable_against_the_reference": (
        ("error_code", "http_route", "retryable", "errors"),
        lambda day: {
            (code, route, retryable, len(rows))
            for (code, route, retryable), rows in grouped(
                errors(day["responses"]), "error_code", "http_route", "retryable"
            ).items()
            if retryable is not None
            and retryable
            is not {c["error_code"]: c["retryable"] for c in day["error_codes"]}.get(
                code, retryable
            )
        },
    ),
    "storms_by_cost": (
        ("storm_id", "retries"),
        lambda day: {(s["storm_id"], s["retries"]) for s in day["retry_storms"]},
    ),
    "clients_to_talk_to": (
        ("tenant_id", "verdict"),
        lambda day: {
            (c["tenant_id"], c["verdict"])
            for c in day["client_conduct"]
            if c["verdict"] not in ("good", "not judged")
        },
    ),
    "suspected_double_sends": (
        ("tenant_id", "duplicate_sends"),
        lambda day: {
            (c["tenant_id"], c["duplicate_sends"])
            for c in day["client_conduct"]
            if c["duplicate_sends"]
        },
    ),
    "events_of_a_minute": (
        ("occurred_at", "log", "event"),
        lambda day: Counter(
            (e["occurred_at"], e["log"], e["event"])
            for e in day["events"]
            if f"{e['occurred_at']:%Y-%m-%d %H:%M}" == "2026-11-21 04:00"
        ),
    ),
    "traces_of_a_recipient": (
        ("occurred_at", "trace_id"),
        lambda day: {
            (r["occurred_at"], r["trace_id"])
            for r in day["responses"]
            if r["recipient"] == _recipient(day)
        },
    ),
}


def _by_hour(rows: list[Row], name: str) -> dict[Any, list[Row]]:
    hours: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        hours[row[name].replace(minute=0, second=0, microsecond=0)].append(row)
    return hours


def _recipient(day: Day) -> str:
    """The one who was sent most."""
    sent = Counter(r["recipient"] for r in day["responses"] if r["recipient"])
    return str(sent.most_common(1)[0][0])


def test_every_saved_query_has_its_answer() -> None:
    assert ANSWERS.keys() == saved_queries().keys()
    assert len(ANSWERS) >= 25


@pytest.mark.parametrize("name", ANSWERS)
def test_the_answer_is_right(data_dir: Path, day: Day, name: str) -> None:
    columns, facts = ANSWERS[name]
    values = {"recipient": _recipient(day)} if name == "traces_of_a_recipient" else {}
    rows = asked(data_dir, name, **values)
    found = [tuple(row[column] for column in columns) for row in rows]
    wanted = facts(day)
    if name == "hours_with_most_failures":  # hours without an operation have a row, too
        found = [row for row in found if row[1]]
    assert Counter(found) == Counter(wanted)


def test_the_day_has_something_for_most_of_them(day: Day) -> None:
    empty = {name for name, (_, facts) in ANSWERS.items() if not facts(day)}
    assert empty <= {
        *("early_retries_by_tenant", "rate_limited_tenants", "storms_by_cost"),
        *("suspected_double_sends", "requests_without_an_answer"),
    }


def test_lately_is_counted_from_the_newest_data(data_dir: Path, day: Day) -> None:
    newest = latest(day["events"])
    rows = asked(data_dir, "final_errors_retried", hours="2")
    wanted = [
        r for r in day["retries_of_final_errors"] if r["occurred_at"] > newest - timedelta(hours=2)
    ]
    assert sum(row["retries"] for row in rows) == len(wanted)


def test_the_order_is_as_said(data_dir: Path) -> None:
    ranked = [row["responses"] for row in asked(data_dir, "busiest_tenants")]
    assert ranked == sorted(ranked, reverse=True)


# ---- filling in


def test_a_value_cannot_become_sql(data_dir: Path) -> None:
    hostile = "x' or true or tenant_id = '"
    assert asked(data_dir, "latest_of_a_tenant", tenant=hostile) == []
    assert "'x'' or true" in find_saved("latest_of_a_tenant").filled({"tenant": hostile})


def test_what_is_unknown_is_said(data_dir: Path) -> None:
    with pytest.raises(BadQuery) as missing:
        find_saved("busiest_tenant", data_dir)
    assert missing.value.next == "did you mean @busiest_tenants?"
    with pytest.raises(BadQuery) as parameter:
        find_saved("latest_of_a_code").filled({"kode": "1"})
    assert parameter.value.next == "it has: code"


def test_an_installation_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "mine.sql").write_text(
        "-- Mine.\n-- Parameters: a = 1; b = it's\nselect $a as a, $b as b, '$c' as c\n"
    )
    (tmp_path / "queries" / "bare_one.sql").write_text("select 1")
    (tmp_path / "queries" / "broken.sql").write_bytes(b"\xff")
    (tmp_path / "queries" / "busiest_tenants.sql").write_text("-- Ours.\nselect 2")
    found = saved_queries(tmp_path)
    assert found["mine"].filled({"a": "x"}) == "select 'x' as a, 'it''s' as b, '$c' as c"
    assert (found["bare_one"].title, found["bare_one"].sql) == ("bare one", "select 1")
    assert "broken" not in found
    assert found["busiest_tenants"].title == "Ours."


# ---- the command and the document


def run(data_dir: Path, *arguments: str) -> Any:
    return CliRunner().invoke(app, ["sql", *arguments, "--data-dir", str(data_dir)])


def test_the_command_asks_and_lists_them(data_dir: Path) -> None:
    said = run(data_dir, "@errors_of_a_tenant", "--set", "tenant=tenant-06")
    assert said.exit_code == 0 and "4002" in said.stdout
    listed = run(data_dir, "--saved").stdout
    assert all(f"@{name}" in listed for name in saved_queries())
    for arguments, why in [
        (["@nothing_like_it"], "no saved query"),
        (["@busiest_tenants", "--set", "a"], "write NAME=VALUE"),
        (["select 1", "--set", "a=1"], "--set is for saved queries"),
    ]:
        wrong = run(data_dir, *arguments)
        assert wrong.exit_code == 2
        assert why in " ".join(wrong.stderr.split())


def test_the_cookbook_has_them_all() -> None:
    text = (ROOT / "docs" / "cookbook.md").read_text("utf-8")
    rows = re.findall(r"^\| (.+?) \| `@(\w+)` \| (.*?) \|$", text, re.M)
    wanted = [
        (each.title, name, ", ".join(f"`{key}`" for key in each.parameters))
        for name, each in saved_queries().items()
    ]
    assert sorted(rows) == sorted((title, name, keys) for title, name, keys in wanted)
