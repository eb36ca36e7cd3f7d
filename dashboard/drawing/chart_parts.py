"""What charts are made of: axes, tooltips, titles and lanes in our colours, as ECharts options."""

import math
from datetime import datetime
from typing import Any

import pandas as pd

from chertlog.dashboard.drawing import clock
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame.periods import Period

Option = dict[str, Any]


def common(colours: Palette) -> Option:
    return {
        "animation": False,
        "useUTC": True,
        "backgroundColor": "transparent",
        "textStyle": {"color": colours.ink},
    }


def tooltip(colours: Palette) -> Option:
    return {
        "trigger": "axis",
        "confine": True,
        "backgroundColor": colours.background,
        "borderColor": colours.line,
        "textStyle": {"color": colours.ink, "fontSize": 13},
        "extraCssText": "white-space:pre-line;line-height:1.45",
        "axisPointer": {"type": "line", "lineStyle": {"color": colours.muted}},
    }


def lane_title(text: str, top: float, colours: Palette, *, strong: bool = False) -> Option:
    return {
        "text": text,
        "left": 4,
        "top": top,
        "padding": 0,
        "textStyle": {
            "color": colours.ink if strong else colours.muted,
            "fontSize": 13,
            "fontWeight": 600 if strong else 400,
        },
    }


def time_axis(period: Period, colours: Palette) -> Option:
    return {
        "type": "time",
        "min": clock.instant(period.start),
        "max": clock.instant(period.end),
        "axisLine": {"lineStyle": {"color": colours.line}},
        "axisTick": {"show": False},
        "splitLine": {"show": False},
        "axisLabel": {
            "color": colours.muted,
            "hideOverlap": True,
            # A day alone does not say of which month, where the first of the month has no label.
            "formatter": {"day": "{d} {MMM}"},
        },
    }


def value_axis(colours: Palette) -> Option:
    return {
        "type": "value",
        "min": 0,
        "splitNumber": 3,
        "splitLine": {"lineStyle": {"color": colours.line}},
        "axisLabel": label(colours),
    }


def label(colours: Palette, formatter: str | None = None) -> Option:
    return {"color": colours.muted} | ({"formatter": formatter} if formatter else {})


def line(column: str, colour: str, name: str = "") -> Option:
    return {
        "type": "line",
        "name": name or column,
        "encode": {"x": "at", "y": column},
        "xAxisIndex": 0,
        "yAxisIndex": 0,
        "showSymbol": False,
        "connectNulls": False,
        "lineStyle": {"width": 1.8, "color": colour},
        "itemStyle": {"color": colour},
    }


def unknown(period: Period, known_from: datetime | None, colours: Palette) -> Option:
    """A shade over the time before the first data: not zero, but unknown."""
    if known_from is None or known_from <= period.start + period.step:
        return {}
    return {
        "markArea": {
            "silent": True,
            "itemStyle": {"color": colours.faint},
            "label": {"color": colours.muted, "position": "inside"},
            "data": [
                [
                    {"name": "no data", "xAxis": clock.instant(period.start)},
                    {"xAxis": clock.instant(known_from)},
                ]
            ],
        }
    }


def small_multiples(
    lanes: list[tuple[str, str, pd.DataFrame]],
    period: Period,
    colours: Palette,
    series: list[Option],
    *,
    height: float,
    unit: str = "",
) -> Option:
    """The same series one above the other, on one scale: (name, figure, frame) from top to bottom.

    Each frame has the columns `at`, `tooltip` and those that the series encode.
    """
    drawn = [each["encode"]["y"] for each in series]
    stacked = any("stack" in each for each in series)
    tops = [
        (frame[drawn].sum(axis=1) if stacked else frame[drawn].max(axis=1)).max()
        for _, _, frame in lanes
    ]
    top = round_up(max((float(each) for each in tops if each == each), default=1))
    lane, gap = height / max(len(lanes), 1), 24
    option: Option = {
        **common(colours),
        "tooltip": {**tooltip(colours), "formatter": "{@tooltip}"},
        "dataset": [{"source": frame} for _, _, frame in lanes],
        "title": [],
        "grid": [],
        "xAxis": [],
        "yAxis": [],
        "series": [],
    }
    for n, (name, figure, _) in enumerate(lanes):
        y = 4 + n * lane
        is_last = n == len(lanes) - 1
        option["title"] += [
            lane_title(name, y, colours, strong=True),
            lane_title(figure, y, colours) | {"left": "auto", "right": 8},
        ]
        option["grid"].append({"left": 44, "right": 8, "top": y + gap, "height": lane - gap - 14})
        option["xAxis"].append(
            {**time_axis(period, colours), "gridIndex": n, "splitNumber": 3}
            | ({} if is_last else {"axisLabel": {"show": False}})
        )
        option["yAxis"].append(
            {
                **value_axis(colours),
                "gridIndex": n,
                "max": top,
                "interval": top,
                "axisLabel": label(colours, f"{{value}}{unit}"),
            }
        )
        option["series"] += [
            {**each, "datasetIndex": n, "xAxisIndex": n, "yAxisIndex": n}
            # Bars of one stack would stand on those of the lane above.
            | ({"stack": f"{each['stack']}-{n}"} if "stack" in each else {})
            for each in series
        ]
    return option


def round_up(value: float) -> float:
    """The next round figure, so that the one label on the axis is easy to read."""
    if value <= 0:
        return 1
    power: float = 10 ** math.floor(math.log10(value))
    for nice in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10):
        if value <= nice * power * 1.0001:
            return round(nice * power, 6)
    return 10 * power
