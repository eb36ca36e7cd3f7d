"""What a chart of steps is drawn from: the figures of its table, and the text of each tooltip.

Tooltips are texts of the frame itself, so that a chart says what its table says.
"""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from chertlog.dashboard.drawing import clock, words
from chertlog.dashboard.drawing.records import records
from chertlog.dashboard.frame.periods import Period

_COUNTS = ["errors", "retryable_errors", "final_errors", "unsaid_errors"]
_RATIOS = ["error_ratio", "error_ratio_low", "error_ratio_high"]


def prepared(steps: pd.DataFrame, period: Period) -> pd.DataFrame:
    """What the charts of errors draw: instants, counts, percentages, the text of each tooltip."""
    ratio, low, high = (steps[name].to_numpy(float) * 100 for name in _RATIOS)
    return pd.DataFrame(
        {
            "at": clock.instants(steps["starts_at"] + period.step / 2),
            **{name: steps[name].to_numpy() for name in _COUNTS},
            "error_percent": ratio,
            "error_ratio_high": steps["error_ratio_high"].to_numpy(float),
            "low_percent": low,
            "width_percent": high - low,
            "tooltip": [_told(step, period) for step in records(steps)],
        }
    )


def _told(step: dict[Any, Any], period: Period) -> str:
    when = f"{words.span(step['starts_at'], step['starts_at'] + period.step)} {words.zone()}"
    if pd.isna(step["responses"]):
        return f"{when}: no data"
    low, high = (words.percent(step[f"error_ratio_{end}"]) for end in ("low", "high"))
    interval = "" if pd.isna(step["error_ratio"]) else f" (95 %: {low} to {high})"
    parts = [
        when,
        f"{words.number(step['responses'])} responses, {words.number(step['errors'])} errors",
        f"error ratio {words.percent(step['error_ratio'])}{interval}",
        f"{words.FINAL} {words.number(step['final_errors'])}",
        f"{words.RETRYABLE} {words.number(step['retryable_errors'])}",
        f"{words.UNSAID} {words.number(step['unsaid_errors'])}",
    ]
    if step.get("storms"):
        parts.append(f"retry storms: {step['storms']}")
    return "\n".join(parts)


def known(steps: pd.DataFrame, period: Period, coarse: Period) -> pd.DataFrame:
    """Longer steps of the same period, and whether the data reach into any of the steps in each."""
    longer = (steps["starts_at"] - period.start) // coarse.step
    reached = steps["responses"].notna().groupby(longer).any()
    starts = period.start + pd.Series(reached.index) * pd.Timedelta(coarse.step)
    return pd.DataFrame({"starts_at": starts, "is_known": reached.to_numpy()})


def code_steps(
    steps: pd.DataFrame, period: Period, known: tuple[datetime, datetime]
) -> pd.DataFrame:
    """The errors of one code through the period: 0 where none was sent, nothing beyond the data."""
    starts = pd.date_range(period.start, period.end, freq=period.step, inclusive="left")
    data = steps.set_index("starts_at")[_COUNTS].reindex(starts, fill_value=0).astype(float)
    first, last = (pd.Timestamp(each) for each in known)
    data[(starts + period.step <= first) | (starts > last)] = None
    data["tooltip"] = [
        _told_code(at, row, period)
        for at, row in zip(starts.to_pydatetime(), records(data), strict=True)
    ]
    data["at"] = clock.instants(starts + period.step / 2)
    return data.reset_index(drop=True)


def _told_code(at: datetime, row: dict[Any, Any], period: Period) -> str:
    when = f"{words.span(at, at + period.step)} {words.zone()}"
    if pd.isna(row["errors"]):
        return f"{when}: no data"
    return "\n".join(
        [
            f"{when}: {words.count(row['errors'], 'error')}",
            f"{words.FINAL} {words.number(row['final_errors'])}",
            f"{words.RETRYABLE} {words.number(row['retryable_errors'])}",
            f"{words.UNSAID} {words.number(row['unsaid_errors'])}",
        ]
    )


def version_steps(own: pd.DataFrame, everything: pd.DataFrame) -> pd.DataFrame:
    """Hours of one version beside all versions a week before; hours without it are a gap."""
    merged = everything[["hour", "week_before_error_ratio"]].merge(
        own.drop(columns="week_before_error_ratio"), on="hour", how="left"
    )
    merged["at"] = clock.instants(merged["hour"] + pd.Timedelta(minutes=30))
    merged["error_percent"] = merged["error_ratio"].astype(float) * 100
    merged["week_before_percent"] = merged["week_before_error_ratio"].astype(float) * 100
    merged["tooltip"] = [_told_hour(row) for row in records(merged)]
    return merged[["at", "error_percent", "week_before_percent", "tooltip"]]


def _told_hour(row: dict[Any, Any]) -> str:
    when = f"{words.span(row['hour'], row['hour'] + timedelta(hours=1))} {words.zone()}"
    week = f"a week before, all versions: {words.percent(row['week_before_error_ratio'])}"
    if pd.isna(row["responses"]):
        return f"{when}: no responses\n{week}"
    low, high = (words.percent(row[f"error_ratio_{end}"]) for end in ("low", "high"))
    return "\n".join(
        [
            f"{when}: {words.count(row['responses'], 'response')}",
            f"error ratio {words.percent(row['error_ratio'])} (95 %: {low} to {high})",
            week,
        ]
    )


def with_storms(steps: pd.DataFrame, storms: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The steps, with the names of the storms under way in each."""
    first = (storms["started_at"] - period.start) // period.step
    last = (storms["ended_at"] - period.start) // period.step
    names: dict[int, list[str]] = {}
    for start, end, name in zip(first, last, storms["name"], strict=True):
        for step in range(max(start, 0), end + 1):
            names.setdefault(step, []).append(name)
    places = (steps["starts_at"] - period.start) // period.step
    return steps.assign(storms=[", ".join(names.get(step, ())) for step in places])


def named(storms: pd.DataFrame) -> pd.DataFrame:
    """The storms, each with a name for charts: the tenant, and the code it is mostly about."""
    names = [
        f"{tenant if isinstance(tenant, str) else 'unknown tenant'}"
        f"{'' if pd.isna(code) else f' {code:.0f}'}"
        for tenant, code in zip(storms["tenant_id"], storms["error_code"], strict=True)
    ]
    return storms.assign(name=names)
