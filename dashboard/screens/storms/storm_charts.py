"""Charts of the retry storms as ECharts option dicts: pure functions of frames and colours."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from chertlog.dashboard.drawing import clock, storm_words, words
from chertlog.dashboard.drawing.chart_parts import (
    Option,
    common,
    time_axis,
    tooltip,
    unknown,
    value_axis,
)
from chertlog.dashboard.drawing.records import records
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame.periods import Period

LANE = 48
# With more storms in a lane, the numbers over the marks would run into each other.
_MOST_LABELS = 30
FIRSTS, RETRIES = "first attempts", "retries"
EARLY, IN_TIME = "waited, too early", "waited, in time"
NOT_TOLD, TOLD = "waited, not told to", "told to wait so long"


def lanes(storms: pd.DataFrame) -> list[str]:
    """The tenants of the timeline from top to bottom, those with most retries first."""
    retries = storms["retries"].groupby(_tenants(storms)).sum()
    return list(retries.sort_values(ascending=False, kind="stable").index)


def _tenants(storms: pd.DataFrame) -> pd.Series:
    return storms["tenant_id"].fillna(storm_words.UNKNOWN)


def timeline(
    storms: pd.DataFrame,
    tenants: list[str],
    period: Period,
    opened: str,
    colours: Palette,
    *,
    known_from: datetime | None,
) -> tuple[Option, list[list[str]]]:
    """When, who and what, a lane a tenant; and the storms behind each series’ marks, in order."""
    data = _marks(storms[_tenants(storms).isin(tenants)], period)
    present = [verdict for verdict in storm_words.KINDS if (data["verdict"] == verdict).any()]
    sets = [data[data["verdict"] == verdict].reset_index(drop=True) for verdict in present]
    in_a_lane = int(data["tenant"].value_counts().max())
    marks = [
        _mark(n, verdict, colours, labelled=in_a_lane <= _MOST_LABELS)
        for n, verdict in enumerate(present)
    ]
    lasts = [_last(each, tint) for each, tint in zip(sets, _tints(present, colours), strict=True)]
    ring = _ring(data[data["storm_id"] == opened], colours)
    marks[0] |= unknown(period, known_from, colours)
    option = {
        **common(colours),
        "dataset": [{"source": each} for each in sets],
        "grid": {"left": 4, "right": 24, "top": 34, "bottom": 4},
        "legend": {
            "top": 0,
            "left": 0,
            "itemWidth": 13,
            "itemHeight": 11,
            "textStyle": {"color": colours.muted},
            "data": present,
            "selectedMode": False,
        },
        "tooltip": {
            **tooltip(colours),
            "trigger": "item",
            "formatter": "{@tooltip}",
        },
        "xAxis": time_axis(period, colours),
        "yAxis": {
            "type": "category",
            "data": tenants,
            "inverse": True,
            "axisLine": {"show": False},
            "axisTick": {"show": False},
            "splitLine": {"show": True, "lineStyle": {"color": colours.line}},
            "axisLabel": {
                "color": colours.ink,
                "width": 100,
                "overflow": "truncate",
                "fontSize": 13,
                "margin": 20,  # a mark at the left edge reaches out of the lane
            },
        },
        "visualMap": [_size(n, data, tint) for n, tint in enumerate(_tints(present, colours))],
        "series": [*marks, *lasts, *ring],
    }
    return option, [list(each["storm_id"]) for each in sets]


def _size(series: int, data: pd.DataFrame, tint: str) -> Option:
    """Marks are as large as their storms have retries; their colour stays as it is."""
    return {
        "show": False,
        "type": "continuous",
        "dimension": list(data.columns).index("size"),
        "seriesIndex": series,
        "min": 0,
        "max": float(data["size"].max()),
        "inRange": {"symbolSize": [8, 24], "color": [tint, tint]},
    }


def _tints(verdicts: list[str], colours: Palette) -> list[str]:
    return [storm_words.tint(verdict, colours) for verdict in verdicts]


def _marks(storms: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Where each storm stands: in its middle, as far as it lies in the period."""
    data = storms[["storm_id", "verdict", "retries", "started_at", "ended_at"]].copy()
    data["tenant"] = _tenants(storms)
    data["from_at"] = data["started_at"].where(data["started_at"] > period.start, period.start)
    data["to_at"] = data["ended_at"].where(data["ended_at"] < period.end, period.end)
    data["at"] = clock.instants(data["from_at"] + (data["to_at"] - data["from_at"]) / 2)
    data["size"] = data["retries"].astype(float) ** 0.5
    data["label"] = [f"{n:,}" for n in data["retries"]]
    data["tooltip"] = [_told(storm) for storm in records(storms)]
    return data[["at", "tenant", "size", "label", "tooltip", "storm_id", "verdict"]].assign(
        from_at=clock.instants(data["from_at"]), to_at=clock.instants(data["to_at"])
    )


def _told(storm: dict[Any, Any]) -> str:
    return (
        f"{storm_words.named(storm['verdict'])} · {storm_words.caller(storm)}\n"
        f"{storm_words.when(storm)}\n"
        f"{storm['retries']:,} retries of {storm['operations']:,} operations, "
        f"mostly {storm_words.code(storm['error_code'])}\n"
        f"{storm['wasted_attempts']:,} wasted attempts, "
        f"{storm['operations_saved']:,} operations saved"
    )


def _mark(dataset: int, verdict: str, colours: Palette, *, labelled: bool) -> Option:
    return {
        "type": "scatter",
        "name": verdict,
        "datasetIndex": dataset,
        "encode": {"x": "at", "y": "tenant"},
        "symbol": storm_words.kind(verdict).shape,
        "itemStyle": {
            "color": storm_words.tint(verdict, colours),
            "opacity": 0.92 if labelled else 0.55,
        },
        "selectedMode": "single",
        "select": {"itemStyle": {"borderColor": colours.ink, "borderWidth": 2}},
        "label": {
            "show": labelled,
            "formatter": "{@label}",
            "position": "top",
            "distance": 6,
            "color": colours.muted,
            "fontSize": 12,
        },
        "labelLayout": {"hideOverlap": True},
        "cursor": "pointer",
    }


def _last(storms: pd.DataFrame, tint: str) -> Option:
    """How long they lasted: a line from the first retry to the last."""
    points: list[list[str | None]] = []
    ends = (storms[end].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ") for end in ("from_at", "to_at"))
    for start, end, tenant in zip(*ends, storms["tenant"], strict=True):
        points += [[start, tenant], [end, tenant], [None, None]]
    return {
        "type": "line",
        "data": points,
        "silent": True,
        "showSymbol": False,
        "tooltip": {"show": False},
        "lineStyle": {"color": tint, "width": 5, "opacity": 0.55},
        "z": 1,
    }


def _ring(storm: pd.DataFrame, colours: Palette) -> list[Option]:
    """A ring around the storm that is opened below."""
    return [
        {
            "type": "scatter",
            "data": [[row["at"].isoformat(), row["tenant"]]],
            "symbol": "circle",
            "symbolSize": 30,
            "silent": True,
            "itemStyle": {
                "color": "transparent",
                "borderColor": colours.ink,
                "borderWidth": 1.5,
            },
            "z": 1,
        }
        for row in storm.to_dict("records")
    ]


def around(storm: dict[str, Any], steps: pd.DataFrame, period: Period, colours: Palette) -> Option:
    """First attempts and retries per step, with the storm shaded."""
    data = steps.copy()
    data["at"] = clock.instants(data["starts_at"] + period.step / 2)
    data["tooltip"] = [_step_told(step, period) for step in records(data)]
    begins = (storm["started_at"].floor(period.step), storm["ended_at"].ceil(period.step))
    shade = {
        "silent": True,
        "itemStyle": {"color": colours.faint, "borderColor": colours.line, "borderWidth": 1},
        "label": {"color": colours.muted, "position": "insideTop"},
        "data": [
            [
                {"name": "storm", "xAxis": clock.instant(begins[0])},
                {"xAxis": clock.instant(begins[1])},
            ]
        ],
    }
    return {
        **common(colours),
        "dataset": {"source": data.drop(columns="starts_at")},
        "grid": {"left": 4, "right": 12, "top": 34, "bottom": 4},
        "legend": _legend(colours),
        "tooltip": {**tooltip(colours), "formatter": "{@tooltip}"},
        "xAxis": time_axis(period, colours),
        "yAxis": {**value_axis(colours), "minInterval": 1},
        "series": [
            _stacked("first_attempts", FIRSTS, colours.unsaid, "at") | {"markArea": shade},
            _stacked("retries", RETRIES, colours.retryable, "at"),
        ],
    }


def _step_told(step: dict[Any, Any], period: Period) -> str:
    start, end = step["starts_at"], step["starts_at"] + period.step
    is_short = period.step < timedelta(minutes=1)
    when = f"{words.second(start)}–{words.hour_second(end)}" if is_short else words.span(start, end)
    when += f" {words.zone()}"
    if pd.isna(step["retries"]):
        return f"{when}: no data"
    return (
        f"{when}\n{words.number(step['first_attempts'])} first attempts\n"
        f"{words.number(step['retries'])} retries, "
        f"{words.number(step['early_retries'])} too early\n"
        f"{words.number(step['errors'])} errors"
    )


def waits(classes: pd.DataFrame, colours: Palette) -> Option:
    """How long retries had waited, and how long they had been told to."""
    columns = ["too_early", "in_time", "not_told", "told"]
    # The longest classes that nobody waited or was told say nothing.
    filled = [n for n, count in enumerate(classes[columns].sum(axis=1)) if count]
    data = classes[["waited", *columns]].head(max(filled, default=0) + 2).copy()
    data["tooltip"] = [
        f"waited {row['waited']}\n{row['too_early']:,} told to wait, too early\n"
        f"{row['in_time']:,} told to wait, in time\n{row['not_told']:,} not told to wait\n"
        f"{row['told']:,} had been told to wait this long"
        for row in data.to_dict("records")
    ]
    outline = {"color": "transparent", "borderColor": colours.ink, "borderWidth": 1.5}
    return {
        **common(colours),
        "dataset": {"source": data},
        "grid": {"left": 4, "right": 12, "top": 60, "bottom": 4},
        "legend": _legend(colours),
        "tooltip": {**tooltip(colours), "formatter": "{@tooltip}"},
        "xAxis": {
            "type": "category",
            "axisTick": {"show": False},
            "axisLine": {"lineStyle": {"color": colours.line}},
            "axisLabel": {"color": colours.muted, "interval": 0, "rotate": 30, "fontSize": 12},
        },
        "yAxis": {**value_axis(colours), "minInterval": 1},
        "series": [
            _stacked("too_early", EARLY, colours.final, "waited"),
            _stacked("in_time", IN_TIME, colours.retryable, "waited"),
            _stacked("not_told", NOT_TOLD, colours.unsaid, "waited"),
            _stacked("told", TOLD, colours.ink, "waited") | {"stack": "told", "itemStyle": outline},
        ],
    }


def _legend(colours: Palette) -> Option:
    return {
        "top": 0,
        "left": 0,
        "itemWidth": 12,
        "itemHeight": 10,
        "textStyle": {"color": colours.muted},
        "selectedMode": False,
    }


def _stacked(column: str, name: str, colour: str, x: str) -> Option:
    return {
        "type": "bar",
        "name": name,
        "stack": "attempts",
        "encode": {"x": x, "y": column},
        "barCategoryGap": "18%",
        "barMaxWidth": 40,
        "itemStyle": {"color": colour},
    }
