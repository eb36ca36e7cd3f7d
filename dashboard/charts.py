"""Charts as ECharts option dicts: pure functions of frames, periods and colours.

Times go in as UTC instants and are drawn in UTC wherever the browser is. No data is a gap, zero
is a line on the axis.
"""

from typing import Any

import pandas as pd

from chertlog.dashboard import words
from chertlog.dashboard.chart_data import prepared
from chertlog.dashboard.periods import Period
from chertlog.dashboard.theme import Palette

Option = dict[str, Any]


def errors_over_time(
    steps: pd.DataFrame, period: Period, colours: Palette, *, known_from: pd.Timestamp | None
) -> Option:
    """Two lanes on one time axis: the error ratio with its 95 % band, errors by retryability."""
    data = prepared(steps, period)
    ratios = data["error_ratio_high"].max()
    lanes = [{"top": 28, "height": 128}, {"top": 204, "height": 136}]
    return {
        **_common(colours),
        "dataset": {"source": data},
        "title": [
            _lane_title("Error ratio, with its 95 % interval", 2, colours),
            _lane_title(f"Errors per {_step(period)}", 174, colours),
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
        "tooltip": {**_tooltip(colours), "formatter": "{@tooltip}"},
        "xAxis": [
            {**_time_axis(period, colours), "gridIndex": 0, "axisLabel": {"show": False}},
            {**_time_axis(period, colours), "gridIndex": 1},
        ],
        "yAxis": [
            {**_value_axis(colours), "gridIndex": 0, "axisLabel": _label(colours, "{value}%")}
            | ({"max": 100} if ratios > 0.85 else {}),
            {**_value_axis(colours), "gridIndex": 1, "minInterval": 1},
        ],
        "series": [
            _line("error_percent", colours.ink, name="ratio")
            | {"z": 3, **_unknown(period, known_from, colours)},
            _band("low_percent", colours.ink, 0.0),
            _band("width_percent", colours.ink, 0.14),
            _bars("final_errors", words.FINAL, colours.final),
            _bars("retryable_errors", words.RETRYABLE, colours.retryable),
            _bars("unsaid_errors", words.UNSAID, colours.unsaid),
        ],
    }


def surface_lanes(
    lanes: list[tuple[str, str, pd.DataFrame]], period: Period, colours: Palette
) -> Option:
    """The error ratio of each surface, one above the other, on one scale: (name, figure, steps)."""
    ready = [prepared(steps, period) for _, _, steps in lanes]
    top = max(
        (p["error_percent"].max() for p in ready if p["error_percent"].notna().any()), default=1
    )
    height, gap = 372 / max(len(lanes), 1), 24
    option: Option = {
        **_common(colours),
        "tooltip": {**_tooltip(colours), "formatter": "{@tooltip}"},
        "dataset": [],
        "title": [],
        "grid": [],
        "xAxis": [],
        "yAxis": [],
        "series": [],
    }
    for n, ((name, figure, _), data) in enumerate(zip(lanes, ready, strict=True)):
        y = 4 + n * height
        last = n == len(lanes) - 1
        option["dataset"].append({"source": data})
        option["title"] += [
            _lane_title(name, y, colours, strong=True),
            _lane_title(figure, y, colours) | {"left": "auto", "right": 8},
        ]
        option["grid"].append({"left": 36, "right": 8, "top": y + gap, "height": height - gap - 14})
        option["xAxis"].append(
            {**_time_axis(period, colours), "gridIndex": n, "splitNumber": 3}
            | ({} if last else {"axisLabel": {"show": False}})
        )
        option["yAxis"].append(
            {
                **_value_axis(colours),
                "gridIndex": n,
                "max": _round_up(top),
                "interval": _round_up(top),
                "axisLabel": _label(colours, "{value}%"),
            }
        )
        option["series"].append(
            _line("error_percent", colours.ink)
            | {"datasetIndex": n, "xAxisIndex": n, "yAxisIndex": n, "areaStyle": {"opacity": 0.12}}
        )
    return option


def _common(colours: Palette) -> Option:
    return {
        "animation": False,
        "useUTC": True,
        "backgroundColor": "transparent",
        "textStyle": {"color": colours.ink},
    }


def _tooltip(colours: Palette) -> Option:
    return {
        "trigger": "axis",
        "confine": True,
        "backgroundColor": colours.background,
        "borderColor": colours.line,
        "textStyle": {"color": colours.ink, "fontSize": 13},
        "extraCssText": "white-space:pre-line;line-height:1.45",
        "axisPointer": {"type": "line", "lineStyle": {"color": colours.muted}},
    }


def _lane_title(text: str, top: float, colours: Palette, *, strong: bool = False) -> Option:
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


def _time_axis(period: Period, colours: Palette) -> Option:
    return {
        "type": "time",
        "min": period.start.isoformat() + "Z",
        "max": period.end.isoformat() + "Z",
        "axisLine": {"lineStyle": {"color": colours.line}},
        "axisTick": {"show": False},
        "splitLine": {"show": False},
        "axisLabel": {"color": colours.muted, "hideOverlap": True},
    }


def _value_axis(colours: Palette) -> Option:
    return {
        "type": "value",
        "min": 0,
        "splitNumber": 3,
        "splitLine": {"lineStyle": {"color": colours.line}},
        "axisLabel": _label(colours),
    }


def _label(colours: Palette, formatter: str | None = None) -> Option:
    return {"color": colours.muted} | ({"formatter": formatter} if formatter else {})


def _line(column: str, colour: str, name: str = "") -> Option:
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


def _band(column: str, colour: str, opacity: float) -> Option:
    """One half of an interval: an unseen line to its low end, and on that the width, filled."""
    return _line(column, colour) | {
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


def _unknown(period: Period, known_from: pd.Timestamp | None, colours: Palette) -> Option:
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
                    {"name": "no data", "xAxis": period.start.isoformat() + "Z"},
                    {"xAxis": known_from.isoformat() + "Z"},
                ]
            ],
        }
    }


def _step(period: Period) -> str:
    return words.duration(period.step)


def _round_up(percent: float) -> float:
    """The next round figure, so that the one label on the axis is easy to read."""
    for nice in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 25, 30, 40, 50, 60, 80):
        if percent <= nice:
            return nice
    return 100
