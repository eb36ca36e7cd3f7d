"""Heat maps as ECharts options: cells in classes with a legend, zero apart from no data.

A cell without a row is blank: nothing is known there. Zero has a shade of its own. The classes are
steps and not a gradient, so that a shade can be told without guessing, and each cell says its
figure when pointed at.
"""

from collections.abc import Sequence

import pandas as pd

from chertlog.dashboard.drawing.chart_parts import Option, common, label, tooltip
from chertlog.dashboard.drawing.theme import Palette

# The lower ends of the classes of a share, in percent: fixed, so that two screens can be compared.
SHARES = (0.0, 5.0, 10.0, 20.0, 40.0)


def counts(most: float) -> tuple[float, ...]:
    """The lower ends of five classes for counts up to `most`, at round figures."""
    for unit in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000, 500_000):
        if most <= unit * 10:
            break
    return (0.0, *(float(unit * n) for n in (1, 2, 4, 7)))


def option(
    cells: pd.DataFrame,
    xs: Sequence[str],
    ys: Sequence[str],
    classes: Sequence[float],
    colours: Palette,
    *,
    colour: str = "",
    unit: str = "",
    labelled: bool = False,
    x_every: int = 0,
) -> Option:
    """`cells` has x, y, value, id and tooltip, and `label` if labelled."""
    # On a phone a cell has no room for its figure.
    narrow = {"query": {"maxWidth": 700}, "option": {"series": [{"label": {"show": False}}]}}
    return {
        **common(colours),
        **({"media": [narrow]} if labelled else {}),
        "dataset": {"source": cells},
        "grid": {"left": 4, "right": 8, "top": 6, "bottom": 40, "containLabel": True},
        "tooltip": {**tooltip(colours), "trigger": "item", "formatter": "{@tooltip}"},
        "xAxis": {
            **_axis(colours),
            "data": list(xs),
            "axisLabel": label(colours)
            | {"alignMaxLabel": "right"}
            | ({"interval": x_every - 1} if x_every else {}),
        },
        "yAxis": {**_axis(colours), "data": list(ys), "inverse": True},
        "visualMap": {
            "type": "piecewise",
            "dimension": "value",
            "pieces": _pieces(classes, colours, colour or colours.capacity, unit),
            "orient": "horizontal",
            "left": "center",
            "bottom": 0,
            "itemWidth": 16,
            "itemHeight": 11,
            "itemGap": 9,
            "textGap": 5,
            "selectedMode": False,
            "textStyle": {"color": colours.muted},
        },
        "series": [
            {
                "type": "heatmap",
                "encode": {"x": "x", "y": "y", "value": "value", "itemName": "id"},
                "selectedMode": "single",
                "label": {"show": labelled, "formatter": "{@label}", "fontSize": 12},
                "labelLayout": {"hideOverlap": True},
                "itemStyle": {"borderColor": colours.background, "borderWidth": 1},
                "emphasis": {"itemStyle": {"borderColor": colours.ink, "borderWidth": 1.5}},
                "select": {"itemStyle": {"borderColor": colours.ink, "borderWidth": 2}},
            }
        ],
    }


def shades(colours: Palette, strong: str, count: int) -> list[str]:
    """Shades of a colour, from near the ground to near the ink."""
    pale, deep = mix(colours.background, strong, 0.26), mix(strong, colours.ink, 0.6)
    middle = (count - 1) / 2
    return [
        mix(pale, strong, n / middle) if n <= middle else mix(strong, deep, n / middle - 1)
        for n in range(count)
    ]


def mix(one: str, other: str, share: float) -> str:
    """A colour on the way from one to the other."""
    pairs = ((int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _pieces(classes: Sequence[float], colours: Palette, colour: str, unit: str) -> list[Option]:
    tops = [*classes[1:], None]
    pieces: list[Option] = [{"value": 0, "label": "0", "color": colours.faint}]
    for low, top, shade in zip(classes, tops, shades(colours, colour, len(classes)), strict=True):
        said = f"> {low:,.0f}{unit}" if top is None else f"≤ {top:,.0f}{unit}"
        limits = {"gt": low} if top is None else {"gt": low, "lte": top}
        pieces.append({**limits, "label": said, "color": shade})
    return pieces


def _axis(colours: Palette) -> Option:
    return {
        "type": "category",
        "axisLine": {"show": False},
        "axisTick": {"show": False},
        "splitArea": {"show": False},
        "axisLabel": label(colours),
    }
