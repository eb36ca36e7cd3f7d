"""The charts of the 4002 page, as ECharts options, and the cells they are drawn from."""

import math
from datetime import datetime, timedelta

import pandas as pd

from chertlog.dashboard.drawing import clock, heat_map, words
from chertlog.dashboard.drawing.chart_parts import (
    Option,
    common,
    label,
    lane_title,
    time_axis,
    tooltip,
    value_axis,
)
from chertlog.dashboard.drawing.records import records
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame.periods import Period

# What the heat maps and the profile measure, as it stands on the screen and in the URL.
SHARE = "Share of first attempts"
MEASURES = {
    SHARE: "refused_share",
    "Refused first attempts": "refused_first_attempts",
    "All 4002 responses": "refused",
}
# The profile begins at ten past, so that what happens at the full hour stands inside it.
_PROFILE_FROM = 10


def date_hours(minutes: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Cells of date × hour: those that had a request; `at` is the start of the hour."""
    cells = minutes[minutes["hour"].notna()].copy()
    hours = cells["hour"].to_numpy("datetime64[us]").tolist()
    wall = [clock.local(at) for at in hours]
    cells["x"] = [f"{at:%H}" for at in wall]
    cells["y"] = [date_name(at) for at in wall]
    cells["id"] = [f"{at:%Y-%m-%dT%H}" for at in hours]
    spans = [f"{words.span(at, at + timedelta(hours=1))} {words.zone()}" for at in hours]
    return _measured(cells, measure, spans)


def hour_minutes(minutes: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Cells of hour of day × minute."""
    cells = minutes[minutes["hour_of_day"].notna()].copy()
    hours, ats = cells["hour_of_day"].astype(int), cells["minute_of_hour"].astype(int)
    cells["x"] = [f":{at:02}" for at in ats]
    cells["y"] = [f"{hour:02}:00" for hour in hours]
    cells["id"] = [f"{hour:02}:{at:02}" for hour, at in zip(hours, ats, strict=True)]
    return _measured(cells, measure, [f"{each} UTC" for each in cells["id"]])


def profile(minutes: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The minutes of the hour over all hours, from ten past to ten past."""
    own = minutes[minutes["hour_of_day"].isna() & minutes["minute_of_hour"].notna()].copy()
    own["minute_of_hour"] = own["minute_of_hour"].astype(int)
    order = [(_PROFILE_FROM + n) % 60 for n in range(60)]
    own = own.set_index("minute_of_hour").reindex(order)
    own["x"] = [f":{at:02}" for at in order]
    own["id"] = own["x"]
    for column in ("refused_share_low", "refused_share_high"):
        own[column] = own[column].astype(float) * 100
    own["width"] = own["refused_share_high"] - own["refused_share_low"]
    return _measured(own.reset_index(), measure, [f"minute {each}" for each in own["x"]])


def _measured(cells: pd.DataFrame, measure: str, names: list[str]) -> pd.DataFrame:
    values = cells[MEASURES[measure]].astype(float)
    cells["value"] = values * 100 if measure == SHARE else values
    cells["label"] = ["" if not value > 0 else _label(value, measure) for value in cells["value"]]
    cells["tooltip"] = [_told(name, row) for name, row in zip(names, records(cells), strict=True)]
    return cells.dropna(subset=["value"]) if measure == SHARE else cells


def _label(value: float, measure: str) -> str:
    if measure != SHARE:
        return f"{value:,.0f}"
    return "<1%" if value < 0.5 else f"{value:.0f}%"


def _told(name: str, row: dict[object, object]) -> str:
    firsts = row["first_attempts"]
    if pd.isna(firsts):  # type: ignore[call-overload]
        return f"{name}\nno request"
    share = words.percent(row["refused_share"], 1)  # type: ignore[arg-type]
    return (
        f"{name}\n{words.number(row['refused_first_attempts'])} of "  # type: ignore[arg-type]
        f"{words.count(float(str(firsts)), 'first attempt')} refused: {share}\n"
        f"{words.count(float(str(row['refused'])), '4002 response')} with retries"
    )


def date_name(at: datetime) -> str:
    """Sat 21 Nov."""
    return f"{at:%a} {at.day} {at:%b}"


def dates(start: datetime, end: datetime) -> list[str]:
    """The dates from start to end, which is exclusive."""
    first = start.replace(hour=0, minute=0, second=0, microsecond=0)
    count = (end - timedelta(microseconds=1) - first).days + 1
    return [date_name(first + timedelta(days=n)) for n in range(count)]


def classes(cells: pd.DataFrame, measure: str) -> tuple[float, ...]:
    return heat_map.SHARES if measure == SHARE else heat_map.counts(cells["value"].max())


def profile_chart(cells: pd.DataFrame, measure: str, colours: Palette) -> Option:
    """The minutes of the hour as bars; a share with its interval."""
    bars = {
        "type": "bar",
        "encode": {"x": "x", "y": "value"},
        "itemStyle": {"color": colours.capacity},
        "barCategoryGap": "22%",
        "markLine": _marks([(":00", "full hour")], colours),
    }
    line = {
        "type": "line",
        "encode": {"x": "x", "y": "refused_share_low"},
        "stack": "interval",
        "silent": True,
        "showSymbol": False,
        "lineStyle": {"opacity": 0},
        "itemStyle": {"opacity": 0},
    }
    band = {
        **line,
        "encode": {"x": "x", "y": "width"},
        "areaStyle": {"color": colours.ink, "opacity": 0.16},
    }
    unit = "{value}%" if measure == SHARE else None
    return {
        **common(colours),
        "dataset": {"source": cells},
        "grid": {"left": 4, "right": 12, "top": 24, "bottom": 4, "containLabel": True},
        "tooltip": {**tooltip(colours), "formatter": "{@tooltip}"},
        "xAxis": {
            "type": "category",
            "data": list(cells["x"]),
            "axisTick": {"show": False},
            "axisLine": {"lineStyle": {"color": colours.line}},
            "axisLabel": label(colours) | {"interval": 9, "hideOverlap": True},
        },
        "yAxis": {**value_axis(colours), "axisLabel": label(colours, unit)},
        "series": [bars, *([line, band] if measure == SHARE else [])],
    }


def one_hour(
    minutes: pd.DataFrame,
    hour: datetime,
    onset: datetime | None,
    capacity: float | None,
    colours: Palette,
) -> Option:
    """One hour and the quarter after it: accepted so far against capacity; what was answered."""
    period = Period(hour, hour + timedelta(minutes=75), timedelta(minutes=1))
    data = minutes.copy()
    data["at"] = clock.instants(data["minute"] + timedelta(seconds=30))
    full = hour + timedelta(hours=1)
    data["so_far"] = data.groupby(data["minute"] >= full)["accepted"].cumsum()
    data["tooltip"] = [_minute_told(row) for row in records(data)]
    marks = [(full, "full hour")] + ([(onset, "onset")] if onset is not None else [])
    places = [(clock.instant(at), name) for at, name in marks]
    ceiling = [] if capacity is None else [("yAxis", capacity, f"capacity {capacity:,.0f}")]
    top = max(capacity or 0.0, float(data["so_far"].max()))
    # Apart: at the full hour a herd is answered by other errors, which would dwarf the refusals.
    lanes = [("Accepted since the full hour", 2), ("Answered 4002, per minute", 152)]
    lanes.append(("Answered otherwise, per minute", 302))
    stacks = [
        (1, "refused_first_attempts", "refused first attempts", colours.capacity),
        (1, "refused_retries", "refused retries", _pale(colours)),
        (2, "accepted", "accepted", colours.unsaid),
        (2, "other_errors", "other errors", colours.ink),
    ]
    last = len(lanes) - 1
    return {
        **common(colours),
        "dataset": {"source": data.drop(columns="minute")},
        "title": [lane_title(name, y, colours) for name, y in lanes],
        "legend": {
            "bottom": 0,
            "left": "center",
            "itemWidth": 12,
            "itemHeight": 10,
            "itemGap": 12,
            "textStyle": {"color": colours.muted},
            "data": [name for _, _, name, _ in stacks],
            "selectedMode": False,
        },
        "grid": [{"left": 52, "right": 16, "top": y + 26, "height": 110} for _, y in lanes],
        "axisPointer": {"link": [{"xAxisIndex": "all"}]},
        "tooltip": {**tooltip(colours), "formatter": "{@tooltip}"},
        "xAxis": [
            {**time_axis(period, colours), "gridIndex": n}
            | ({} if n == last else {"axisLabel": {"show": False}})
            for n in range(len(lanes))
        ],
        "yAxis": [
            {**value_axis(colours), "gridIndex": 0, "splitNumber": 2, "max": _headroom(top)},
            *({**value_axis(colours), "gridIndex": n, "minInterval": 1} for n in (1, 2)),
        ],
        "series": [
            {
                "type": "line",
                "name": "so far",
                "step": "end",
                "encode": {"x": "at", "y": "so_far"},
                "xAxisIndex": 0,
                "yAxisIndex": 0,
                "showSymbol": False,
                "lineStyle": {"width": 1.8, "color": colours.ink},
                "itemStyle": {"color": colours.ink},
                "markLine": _marks(places, colours, ceiling),
            },
            *(
                {
                    "type": "bar",
                    "name": name,
                    "stack": f"lane {lane}",
                    "encode": {"x": "at", "y": column},
                    "xAxisIndex": lane,
                    "yAxisIndex": lane,
                    "barCategoryGap": "16%",
                    "itemStyle": {"color": colour},
                }
                for lane, column, name, colour in stacks
            ),
        ],
    }


def _headroom(top: float) -> float:
    """A round figure over the highest, so that a line along it has room for its words."""
    unit = 10.0 ** math.floor(math.log10(max(top, 1)))
    return next(unit * n for n in (1.5, 2, 3, 4, 5, 6, 8, 10, 15) if unit * n >= top * 1.15)


def _pale(colours: Palette) -> str:
    return heat_map.mix(colours.background, colours.capacity, 0.45)


def _minute_told(row: dict[object, object]) -> str:
    at = row["minute"]
    assert isinstance(at, datetime)
    names = {
        "accepted": "accepted",
        "refused_first_attempts": "refused first attempts (4002)",
        "refused_retries": "refused retries (4002)",
        "other_errors": "other errors",
    }
    lines = [f"{row[column]:,} {name}" for column, name in names.items()]
    return "\n".join(
        [f"{words.minute(at)} {words.zone()}", *lines, f"{row['so_far']:,} accepted so far"]
    )


def _marks(
    places: list[tuple[str, str]],
    colours: Palette,
    others: list[tuple[str, float, str]] | None = None,
) -> Option:
    across = [{axis: at, "name": name} for axis, at, name in others or []]
    return {
        "silent": True,
        "symbol": "none",
        "animation": False,
        "lineStyle": {"color": colours.muted, "type": "dashed"},
        "label": {"color": colours.muted, "formatter": "{b}", "distance": 4},
        "data": [
            *({"xAxis": at, "name": name} for at, name in places),
            *({**line, "label": {"position": "insideStartTop"}} for line in across),
        ],
    }
