"""Charts as ECharts option dicts: pure functions of frames, periods and colours.

Times go in as UTC instants and are drawn in UTC wherever the browser is. No data is a gap, zero
is a line on the axis.
"""

from datetime import datetime

import pandas as pd

from chertlog.dashboard.drawing import clock, words
from chertlog.dashboard.drawing.chart_data import prepared
from chertlog.dashboard.drawing.chart_parts import (
    Option,
    common,
    label,
    lane_title,
    line,
    small_multiples,
    time_axis,
    tooltip,
    unknown,
    value_axis,
)
from chertlog.dashboard.drawing.records import records
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame.periods import Period

_MOST_NAMED = 3
# Share of the width that a name needs, on a phone.
_ROOM = 0.38
# So few steps are drawn as points, too: a step alone has no line.
_FEW = 6


def errors_over_time(
    steps: pd.DataFrame,
    storms: pd.DataFrame,
    period: Period,
    colours: Palette,
    *,
    known_from: pd.Timestamp | None,
) -> Option:
    """On one time axis: retry storms, the error ratio with its 95 % band, errors by retryability.

    The steps have a column `storms` that names those under way, for the tooltips.
    """
    data = prepared(steps, period)
    ratios = data["error_ratio_high"].max()
    lanes = [{"top": 92, "height": 118}, {"top": 260, "height": 122}, {"top": 40, "height": 12}]
    return {
        **common(colours),
        "dataset": {"source": data},
        "title": [
            lane_title(f"Retry storms: {len(storms) or 'none'}", 2, colours),
            lane_title("Error ratio, with its 95 % interval", 66, colours),
            lane_title(f"Errors per {words.step(period.step)}", 236, colours),
        ],
        "legend": {
            "bottom": 0,
            "left": "center",
            "itemWidth": 12,
            "itemHeight": 10,
            "itemGap": 12,
            "textStyle": {"color": colours.muted},
            "data": [words.FINAL, words.RETRYABLE, words.UNSAID],
            "selectedMode": False,
        },
        "grid": [{"left": 52, "right": 12, **lane} for lane in lanes],
        "axisPointer": {"link": [{"xAxisIndex": "all"}]},
        "tooltip": {**tooltip(colours), "formatter": "{@tooltip}"},
        "xAxis": [
            {**time_axis(period, colours), "gridIndex": 0, "axisLabel": {"show": False}},
            {**time_axis(period, colours), "gridIndex": 1},
            {**time_axis(period, colours), "gridIndex": 2, "axisLabel": {"show": False}},
        ],
        "yAxis": [
            {**value_axis(colours), "gridIndex": 0, "axisLabel": label(colours, "{value}%")}
            | ({"max": 100, "interval": 25} if ratios > 0.85 else {}),
            {**value_axis(colours), "gridIndex": 1, "minInterval": 1},
            {"type": "value", "gridIndex": 2, "show": False, "min": 0, "max": 1},
        ],
        "series": [
            line("error_percent", colours.ink, name="ratio")
            | {"z": 3, **unknown(period, known_from, colours)},
            _band("low_percent", colours.ink, 0.0),
            _band("width_percent", colours.ink, 0.14),
            _bars("final_errors", words.FINAL, colours.final),
            _bars("retryable_errors", words.RETRYABLE, colours.retryable),
            _bars("unsaid_errors", words.UNSAID, colours.unsaid),
            *_storms(storms, period, colours),
        ],
    }


def surface_lanes(
    lanes: list[tuple[str, str, pd.DataFrame]], period: Period, colours: Palette
) -> Option:
    """The error ratio of each surface on one scale: (name, figure, `prepared` steps)."""
    few = all(steps["error_percent"].notna().sum() <= _FEW for _, _, steps in lanes)
    ratio = line("error_percent", colours.ink) | {
        "areaStyle": {"opacity": 0.12},
        "showSymbol": few,
        "symbolSize": 5,
    }
    return small_multiples(lanes, period, colours, [ratio], height=len(lanes) * 66, unit="%")


def code_lanes(
    lanes: list[tuple[str, str, pd.DataFrame]], period: Period, colours: Palette
) -> Option:
    """The errors of one code on each surface, by the flag as sent, one above the other."""
    parts = [
        ("final_errors", words.FINAL, colours.final),
        ("retryable_errors", words.RETRYABLE, colours.retryable),
        ("unsaid_errors", words.UNSAID, colours.unsaid),
    ]
    bars = [_bars(column, name, colour) for column, name, colour in parts]
    return small_multiples(lanes, period, colours, bars, height=len(lanes) * 74 + 10)


def version_lanes(
    lanes: list[tuple[str, str, pd.DataFrame]], period: Period, colours: Palette
) -> Option:
    """The error ratio of each service version by hour, and dashed that of the week before."""
    drawn = [
        line("error_percent", colours.ink) | {"areaStyle": {"opacity": 0.12}, "symbolSize": 5},
        line("week_before_percent", colours.unsaid)
        | {"lineStyle": {"type": "dashed", "width": 1.4, "color": colours.unsaid}},
    ]
    # One hour alone has no line; it is a point.
    for each in drawn:
        each["showSymbol"] = period.end - period.start <= period.step * 6
    return small_multiples(lanes, period, colours, drawn, height=len(lanes) * 92 + 10, unit="%")


def _band(column: str, colour: str, opacity: float) -> Option:
    """One half of an interval: an unseen line to its low end, and on that the width, filled."""
    return line(column, colour) | {
        "stack": "interval",
        "silent": True,
        "lineStyle": {"opacity": 0},
        "areaStyle": {"color": colour, "opacity": opacity},
    }


def _bars(column: str, name: str, colour: str) -> Option:
    return {
        "type": "bar",
        "name": name,
        "stack": "errors",
        "encode": {"x": "at", "y": column},
        "xAxisIndex": 1,
        "yAxisIndex": 1,
        "barCategoryGap": "18%",
        "itemStyle": {"color": colour},
    }


def _storms(storms: pd.DataFrame, period: Period, colours: Palette) -> list[Option]:
    """When there were storms, as a lane of its own and as bands behind the others.

    The largest are named where there is room.
    """
    whole = period.end - period.start
    stretches: list[tuple[datetime, datetime]] = []
    names: list[list[Option]] = []
    taken: list[tuple[float, float]] = []
    largest = storms[["started_at", "ended_at", "name"]].iloc[(-storms["retries"]).argsort()]
    for storm in records(largest):
        begins = max(storm["started_at"], period.start)
        # A storm of seconds is still to be seen on a line of days.
        ends = max(min(storm["ended_at"], period.end), begins + whole * 0.004)
        stretches.append((begins, ends))
        if len(names) == _MOST_NAMED:
            continue
        place = (begins - period.start) / whole
        align, at = (
            ("left", place)
            if place < _ROOM / 2
            else ("right", place - _ROOM)
            if place > 1 - _ROOM / 2
            else ("center", place - _ROOM / 2)
        )
        if all(at > right or at + _ROOM < left for left, right in taken):
            taken.append((at, at + _ROOM))
            name = {"name": storm["name"], "label": {"align": align}}
            unseen = {"itemStyle": {"opacity": 0}}
            names.append([name | unseen | _from(begins), _from(ends)])
    bands: list[list[Option]] = [
        [{"name": ""} | _from(begins), _from(ends)] for begins, ends in joined(stretches)
    ]
    label = {"color": colours.ink, "position": "top", "distance": 4, "fontSize": 12}
    return [
        {
            "type": "line",
            "name": "storms",
            "data": [],
            "xAxisIndex": lane,
            "yAxisIndex": lane,
            "markArea": {
                "silent": True,
                "itemStyle": {"color": colours.ink, "opacity": 0.62 if lane == 2 else 0.09},
                "label": label if lane == 2 else {"show": False},
                "data": bands + names if lane == 2 else bands,
            },
        }
        for lane in range(3)
    ]


def _from(at: datetime) -> Option:
    return {"xAxis": clock.instant(at)}


def joined(stretches: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The time that stretches cover together, as few as can be, in order."""
    whole: list[tuple[datetime, datetime]] = []
    for begins, ends in sorted(stretches):
        if whole and begins <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(whole[-1][1], ends))
        else:
            whole.append((begins, ends))
    return whole
