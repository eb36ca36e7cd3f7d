"""What the pages ask for, under any filters, equals a recomputation from the responses."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chertlog.dashboard import data, questions

from .conftest import Published

SURFACES = ("v1", "salesforce", "hubspot", "slack", "other")
# Every response that the filters select, with what became of the operation that it began.
SELECTED = """
    with known as (
        select r.* replace (
            if(list_contains($documented, r.surface), r.surface, 'other') as surface,
            coalesce(
                r.is_error and ($retryable::boolean is null or r.retryable = $retryable), false
            ) as is_error
        ),
            r.is_error is null as is_unclassified,
            o.outcome in ('gave_up', 'final_error') and r.attempt = 1
                and ($retryable::boolean is null or l.retryable = $retryable) as is_failed,
            r.is_error and row_number() over (
                partition by r.operation_id, r.is_error, r.error_code order by r.attempt
            ) = 1 as is_first_of_code
        from responses as r
        left join operations as o on o.operation_id = r.operation_id
        left join responses as l on l.operation_id = o.operation_id and l.attempt = o.attempts
    )
    select * from known
    where occurred_at >= $start and occurred_at < $end
        and ($tenant::varchar is null or tenant_id = $tenant)
        and (len($surfaces::varchar[]) = 0 or surface in $surfaces)
"""
Filters = dict[str, Any]


@pytest.fixture(scope="module")
def of(day: Published) -> data.Generation:
    path = (day.data_dir / "chertlog.duckdb").resolve()
    found = path.stat()
    return data.Generation(str(path), found.st_ino, found.st_mtime_ns, found.st_size)


@st.composite
def filters(draw: st.DrawFn) -> Filters:
    """Periods in full minutes or hours around the three hours of the day, and what narrows them."""
    minutes = draw(st.sampled_from([1, 5, 15, 60]))
    step = timedelta(minutes=minutes)
    start = draw(st.integers(-2, 240 // minutes))
    length = draw(st.integers(1, 240 // minutes))
    return {
        "offset": step * start,
        "length": step * length,
        "step_s": minutes * 60,
        "surfaces": tuple(draw(st.sets(st.sampled_from(SURFACES), max_size=2))),
        "tenant": draw(st.sampled_from([None, None, "tenant-01", "tenant-02", "tenant-03"])),
        "retryable": draw(st.sampled_from([None, None, True, False])),
    }


def _asked(day: Published, drawn: Filters) -> tuple[Filters, pd.DataFrame]:
    reach = day.rows(
        "select min(occurred_at) as first_at, max(occurred_at) as last_at from responses"
    )
    first: datetime = reach[0]["first_at"]
    start = first.replace(minute=0, second=0, microsecond=0) + drawn["offset"]
    asked = {k: v for k, v in drawn.items() if k not in ("offset", "length")} | reach[0]
    asked |= {"start": start, "end": start + drawn["length"]}
    asked |= {"before_start": start - drawn["length"], "grain_s": drawn["step_s"]}
    mine = {name: asked[name] for name in ("start", "end", "tenant", "retryable")}
    lists = {"surfaces": list(asked["surfaces"]), "documented": list(SURFACES[:-1])}
    truth = day.rows(SELECTED, **mine, **lists)
    columns = ["occurred_at", "surface", "tenant_id", "error_code", "retryable", "is_error"]
    return asked, pd.DataFrame(truth, columns=None if truth else columns)


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=filters())
def test_any_filters_give_the_numbers_of_the_responses(
    day: Published, of: data.Generation, drawn: Filters
) -> None:
    asked, truth = _asked(day, drawn)
    total, before = data.frame(of, "totals", **asked).to_dict("records")
    _, earlier = _asked(day, drawn | {"offset": drawn["offset"] - drawn["length"]})
    assert before["responses"] == len(earlier)
    assert before["errors"] == (0 if earlier.empty else earlier["is_error"].sum())
    assert total["responses"] == len(truth)
    assert data.frame(of, "responses_seen", **asked)["responses"].iloc[0] == len(truth)
    if truth.empty:
        assert data.frame(of, "codes", **asked).empty
        return
    errors = truth[truth["is_error"]]
    refused = errors[errors["error_code"] == 4002]
    assert total["errors"] == len(errors)
    assert total["unclassified"] == truth["is_unclassified"].sum()
    assert total["refused"] == len(refused)
    assert total["refused_operations"] == refused["is_first_of_code"].sum()
    assert total["operations"] == (truth["attempt"] == 1).sum()
    assert total["failed_operations"] == truth["is_failed"].fillna(False).astype(bool).sum()
    assert total["final_errors"] == (errors["retryable"] == False).sum()  # noqa: E712
    step = pd.Timedelta(seconds=asked["step_s"])
    start = pd.Timestamp(asked["start"])
    at = start + (truth["occurred_at"] - start) // step * step
    series = data.frame(of, "series", **asked).set_index("starts_at")
    for name, rows in (
        ("responses", truth),
        ("errors", errors),
        ("failed_operations", truth[truth["is_failed"].fillna(False).astype(bool)]),
    ):
        expected = at[rows.index].value_counts()
        shown = series[name].dropna()
        assert shown[shown > 0].astype(int).to_dict() == expected.to_dict(), name
    judged = data.frame(of, "judged_responses", **asked).iloc[0]
    assert judged["judged"] == len(truth) - truth["is_unclassified"].sum()
    _codes_are_right(of, asked, errors, at)


def _codes_are_right(
    of: data.Generation, asked: Filters, errors: pd.DataFrame, at: "pd.Series[pd.Timestamp]"
) -> None:
    codes = data.frame(of, "codes", **asked)
    for code in list(codes["error_code"].dropna().astype(int))[:2]:
        mine = errors[errors["error_code"] == code]
        tenants = data.frame(of, "code_tenants", code=code, **asked)
        assert tenants["errors"].sum() == len(mine)
        assert tenants["operations"].sum() == mine["is_first_of_code"].sum()
        assert tenants["tenant_id"].nunique() == mine["tenant_id"].nunique()
    grouped = {
        None if pd.isna(code) else int(code): rows
        for code, rows in errors.groupby("error_code", dropna=False)
    }
    assert {None if pd.isna(c) else int(c) for c in codes["error_code"]} == grouped.keys()
    heat = data.frame(of, "error_heat", **asked)
    heat = heat[~heat["is_before"]]
    for row in codes.to_dict("records"):
        code = None if pd.isna(row["error_code"]) else int(row["error_code"])
        mine = grouped[code]
        assert row["errors"] == len(mine)
        assert row["operations"] == mine["is_first_of_code"].sum()
        assert row["last_seen_at"] == mine["occurred_at"].max()
        latest = mine[mine["occurred_at"] == row["last_seen_at"]]
        assert row["last_trace_id"] in set(latest["trace_id"])
        cells = (
            heat[heat["error_code"].isna()] if code is None else heat[heat["error_code"] == code]
        )
        by_surface = cells[cells["starts_at"].isna()].groupby("surface")["errors"].sum()
        assert by_surface.to_dict() == mine["surface"].value_counts().to_dict()
        by_step = cells[cells["surface"].isna()].groupby("starts_at")["errors"].sum()
        assert by_step.to_dict() == at[mine.index].value_counts().to_dict()


@pytest.mark.parametrize("surfaces", [(), ("hubspot",)])
@pytest.mark.parametrize("retryable", [None, True, False])
def test_days_give_the_numbers_of_the_responses(
    day: Published, of: data.Generation, surfaces: tuple[str, ...], retryable: bool | None
) -> None:
    first: datetime = day.rows("select min(occurred_at) as at from responses")[0]["at"]
    midnight = timedelta(hours=-first.hour)
    drawn = {"offset": midnight, "length": timedelta(days=2), "step_s": 86_400, "tenant": None}
    asked, truth = _asked(day, drawn | {"surfaces": surfaces, "retryable": retryable})
    wanted = questions.sliced_for("totals", asked | {"documented": ()})
    assert wanted is not None
    assert wanted.unit == "day"
    total = data.frame(of, "totals", **asked).iloc[0]
    assert total["responses"] == len(truth) > 0
    assert total["errors"] == truth["is_error"].sum() > 0
    assert total["failed_operations"] == truth["is_failed"].fillna(False).astype(bool).sum()
    codes = data.frame(of, "codes", **asked)
    known = truth[truth["is_error"]]["error_code"].value_counts()
    assert codes.dropna(subset="error_code").set_index("error_code")["errors"].to_dict() == {
        code: count for code, count in known.items()
    }


def test_hours_are_read_where_the_period_is_made_of_them() -> None:
    day = datetime(2026, 11, 21)
    hour = timedelta(hours=1)
    late = day + timedelta(minutes=15)
    assert questions.unit_of({"start": day, "end": day + 3 * hour}, 3600) == "hour"
    assert questions.unit_of({"start": day, "end": day + 3 * hour}, 900) == "minute"
    assert questions.unit_of({"start": late, "end": late + hour}, 3600) == "minute"
    assert questions.unit_of({"start": day, "end": day + 48 * hour}, 86_400, days=True) == "day"
    assert questions.unit_of({"start": day, "end": day + 30 * hour}, 86_400, days=True) == "hour"
    assert questions.unit_of({"start": day, "end": day + 48 * hour}, 86_400) == "hour"
