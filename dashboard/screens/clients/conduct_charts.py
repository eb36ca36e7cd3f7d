"""Charts of a client's conduct as ECharts option dicts: pure functions of frames and colours."""

from typing import Any

import pandas as pd

from chertlog.dashboard.drawing import words
from chertlog.dashboard.drawing.chart_parts import Option, common, tooltip, value_axis
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.screens.clients import conduct_words

ASKED, PASSES = "asked by the reference", "least that passes"


def waits(steps: pd.DataFrame, colours: Palette) -> Option:
    """The median wait of each step, beside what the reference asks for and what still passes."""
    rows = steps.to_dict("records")
    data = pd.DataFrame(
        {
            "step": [conduct_words.step(row) for row in rows],
            "hasty": [row["median_wait_s"] if row["is_hasty"] else None for row in rows],
            "patient": [None if row["is_hasty"] else row["median_wait_s"] for row in rows],
            "asked": steps["asked_s"].astype(float),
            "passes": steps["pass_s"].astype(float),
            "tooltip": [_told(row) for row in rows],
        }
    )
    return {
        **common(colours),
        "dataset": {"source": data},
        "grid": {"left": 4, "right": 24, "top": 58, "bottom": 24},
        "legend": {
            "top": 0,
            "left": 0,
            "itemWidth": 12,
            "itemHeight": 10,
            "textStyle": {"color": colours.muted},
            "selectedMode": False,
        },
        "tooltip": {**tooltip(colours), "formatter": "{@tooltip}"},
        "xAxis": {
            **value_axis(colours),
            "name": "seconds",
            "nameLocation": "middle",
            "nameGap": 26,
            "nameTextStyle": {"color": colours.muted},
        },
        "yAxis": {
            "type": "category",
            "inverse": True,
            "axisLine": {"lineStyle": {"color": colours.line}},
            "axisTick": {"show": False},
            "axisLabel": {"color": colours.ink, "fontSize": 12},
        },
        "series": [
            _bar("patient", "median wait", colours.retryable),
            _bar("hasty", "median wait, too short", colours.final),
            _mark("asked", ASKED, "diamond", 13, colours.ink),
            _mark("passes", PASSES, "rect", [3, 20], colours.muted),
        ],
    }


def _bar(column: str, name: str, colour: str) -> Option:
    return {
        "type": "bar",
        "name": name,
        "stack": "waits",
        "encode": {"x": column, "y": "step"},
        "barMaxWidth": 16,
        "itemStyle": {"color": colour},
    }


def _mark(column: str, name: str, shape: str, size: Any, colour: str) -> Option:
    return {
        "type": "scatter",
        "name": name,
        "encode": {"x": column, "y": "step"},
        "symbol": shape,
        "symbolSize": size,
        "itemStyle": {"color": colour},
    }


def _told(row: dict[Any, Any]) -> str:
    return (
        f"{conduct_words.step(row)}: {words.count(row['retries'], 'wait')}\n"
        f"median {row['median_wait_s']:.2f} s; asked {row['asked_s']} s, "
        f"{row['pass_s']:.1f} s passes\n"
        f"{words.percent(row['hasty_share'], 0)} were shorter than that"
    )
