"""Contract violations and conduct of clients on simulated days: what is found is true."""

from __future__ import annotations

from collections import Counter
from typing import Any

import duckdb
import pytest

# What an OTLP record shows without the application log.
SHOWN_BY_OTLP = {
    "undocumented_code",
    "missing_retryable",
    "missing_code",
    "undocumented_status",
    "missing_retry_after",
    "unexpected_retry_after",
}
# The verdicts that a manner may get once it has been seen often enough.
FINDINGS = {
    "compliant": set(),
    "no_key": {"missing_key"},
    "mints_keys": {"minted_keys"},
    "tight_loop": {"early_retries", "no_backoff", "immediate_retries", "no_cap"},
    "top_of_hour": {"synchronised"},
    "retries_everything": {"retries_of_final_errors", "missing_key"},
    "never_retries": {"missing_key"},
}


@pytest.fixture(scope="module", params=["clean_day", "corrupt_day"])
def day(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def shown(day: Any) -> dict[str, Counter[str]]:
    """Trace ids that the application log shows, and those that only OTLP does."""
    with duckdb.connect() as con:
        rows = con.execute(
            "select chertlog_truth_trace_id, app_sent, otlp and not app_sent from read_csv($1)",
            [str(day.logs / "truth-responses.csv.gz")],
        ).fetchall()
    return {
        "app": Counter(trace for trace, app, _ in rows if app),
        "otlp": Counter(trace for trace, _, otlp in rows if otlp),
    }


def check_violations(day: Any) -> None:
    seen = shown(day)
    found: dict[str, Counter[str]] = {}
    for kind, trace in day.store.sql("select kind, trace_id from contract_violations"):
        found.setdefault(kind, Counter())[trace] += 1
    found.pop("flapping_retryable", None)
    wanted: dict[str, Counter[str]] = {}
    for kind, traces in day.truth["violations"].items():
        for trace in traces:
            by_otlp = kind in SHOWN_BY_OTLP and trace in seen["otlp"]
            if trace in seen["app"] or by_otlp:
                # Both responses that share an id break the rule.
                times = 2 if kind == "duplicate_trace_id" else 1
                wanted.setdefault(kind, Counter())[trace] = times
    assert found == wanted


def check_flapping(day: Any) -> None:
    found = day.store.sql(
        "select http_route, error_code, strftime(occurred_at, '%Y-%m-%dT%H') "
        "from contract_violations where kind = 'flapping_retryable' order by all"
    )
    wanted = [
        (one["http_route"], one["error_code"], one["hour"])
        for one in day.truth["flapping_retryable"]
    ]
    assert found == sorted(wanted)


def test_violations_by_trace_id(day: Any) -> None:
    check_violations(day)


def test_all_kinds_on_a_busy_day(busy_day: Any) -> None:
    check_violations(busy_day)
    check_flapping(busy_day)
    assert len(busy_day.truth["violations"]) == 18
    assert len(busy_day.truth["flapping_retryable"]) > 0


def test_flapping_routes(day: Any) -> None:
    check_flapping(day)


def test_overrides(day: Any) -> None:
    found = day.store.sql(
        "select http_route, error_code, retryable, errors from retryable_overrides"
    )
    wanted = [
        (one["http_route"], one["error_code"], one["retryable"], one["n"])
        for one in day.truth["retryable_overrides"]
    ]
    assert sorted(found) == sorted(wanted)


@pytest.mark.parametrize("view", ["early_retries", "retries_of_final_errors"])
@pytest.mark.parametrize("name", ["clean_day", "corrupt_day", "busy_day"])
def test_retries_by_trace_id(request: pytest.FixtureRequest, name: str, view: str) -> None:
    """Exact where the attempt follows the one that it truly followed, both in the application log.

    Elsewhere no log can tell: two messages with one body were meant, or a line is lost. There are
    few of those, and nothing is missed for another reason.
    """
    day = request.getfixturevalue(name)
    with duckdb.connect() as con:
        con.execute(f"attach '{day.store.generation}' as published (read_only)")
        con.execute(
            """
            create table truth as
            select
                t.chertlog_truth_trace_id as trace_id,
                p.chertlog_truth_trace_id as previous_trace_id
            from read_csv($1) as t
            inner join read_csv($1) as p on p.operation = t.operation and p.attempt = t.attempt - 1
            where t.app_sent and t.app_received and p.app_sent and p.app_received
            """,
            [str(day.logs / "truth-responses.csv.gz")],
        )
        planned = set(day.truth[view])
        rows = con.execute("select trace_id from truth").fetchall()
        wanted = planned & {trace for (trace,) in rows}
        rows = con.execute(f"select trace_id, previous_trace_id from published.{view}").fetchall()
        pairs = set(con.execute("select trace_id, previous_trace_id from truth").fetchall())
        found = {trace for trace, previous in rows if (trace, previous) in pairs}
        others = {trace for trace, previous in rows if (trace, previous) not in pairs} - planned
    assert found == wanted
    assert len(wanted) > 50
    assert len(others) <= max(3, 0.05 * len(wanted))


def test_the_manners_of_clients_come_out(busy_day: Any) -> None:
    manners = {one["tenant_id"]: one["manner"] for one in busy_day.truth["tenants"]}
    cards = busy_day.store.rows("select * from client_conduct")
    assert {one["tenant_id"] for one in cards} == manners.keys()
    seen = set()
    for one in cards:
        manner = manners[one["tenant_id"]]
        judged = one["judged"] or manner == "never_retries"
        if manner == "top_of_hour":
            judged = judged and one["retries_of_4002"] >= 40
        if manner == "mints_keys":
            judged = one["minted_keys"] >= 20
        assert set(one["findings"]) == (FINDINGS[manner] if judged else set()), one["tenant_id"]
        if judged:
            seen.add(manner)
            assert one["verdict"] == {
                "compliant": "good",
                "top_of_hour": "could improve",
                "never_retries": "could improve",
            }.get(manner, "misbehaves")
    assert seen == FINDINGS.keys()


def test_the_card_counts_what_the_lists_hold(busy_day: Any) -> None:
    for view in ("early_retries", "retries_of_final_errors"):
        listed = busy_day.store.sql(
            f"select tenant_id, count(*) from {view} as v "
            "inner join responses as r using (trace_id, tenant_id, occurred_at) "
            "where r.surface not in ('hubspot', 'slack') group by all order by all"
        )
        counted = busy_day.store.sql(
            f"select tenant_id, {view} from client_conduct where {view} > 0 order by all"
        )
        assert counted == listed
    found = busy_day.store.column(
        "select unnest(d.trace_ids) from conduct_findings as d where d.finding = 'early_retries'"
    )
    assert found and set(found) <= set(busy_day.store.column("select trace_id from early_retries"))


def test_paragraphs_hold_no_personal_data_and_nothing_of_others(busy_day: Any) -> None:
    rows = busy_day.store.sql("select tenant_id, paragraph from client_conduct")
    traces = dict(busy_day.store.sql("select trace_id, tenant_id from responses"))
    tenants = {tenant for tenant, _ in rows}
    for tenant, paragraph in rows:
        words = {word.strip(".,();:") for word in paragraph.split()}
        assert not words & tenants
        assert {traces[word] for word in words & traces.keys()} <= {tenant}
        assert "+1" not in paragraph and "[" not in paragraph and "{" not in paragraph
        assert 100 < len(paragraph) < 3000
