"""The tables of the 4002 page: hours, the forecast, lines."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from chertlog.dashboard.drawing import cells, markup, tables, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame.filters import Filters
from chertlog.dashboard.screens.saturation import saturated

Row = dict[Any, Any]

MOST_HOURS = 12
MOST_LINES = 10


def hours(frame: pd.DataFrame, chosen: Filters, colours: Palette) -> None:
    """The hours with a 4002; each opens."""
    panel("Hours with a 4002", "most unmet demand first; an hour opens its minutes and operations")
    rows = [_hour(row, chosen, colours) for row in frame.head(MOST_HOURS).to_dict("records")]
    markup.table(_HOURS, rows, caption="Hours with a 4002, most unmet demand first")
    rest = frame.iloc[MOST_HOURS:]
    if not rest.empty:
        unmet = words.count(rest["unmet_operations"].sum(), "unmet operation")
        st.caption(f"{words.count(len(rest), 'more hour')} with {unmet} in the table.")
    tables.behind(frame, "saturation-hours", columns=COLUMNS)


def _hour(row: Row, chosen: Filters, colours: Palette) -> list[str]:
    tint = {"relieved": colours.better, "unknown": colours.unsaid}.get(row["relief"], colours.worse)
    over, basis = row["overload_ratio"], row["capacity_basis"]
    return [
        hour_link(row["hour"], row["tenant_id"], chosen),
        cells.text(row["tenant_id"]),
        markup.text(saturated.onset(row)),
        cells.count(row["refused_operations"]),
        markup.strong(words.number(row["unmet_operations"])),
        markup.text(f"{words.number(row['accepted'])} of {_known(row['capacity'])}"),
        markup.text(saturated.BASES.get(basis, words.NONE)),
        markup.text(words.NONE if pd.isna(over) else f"{over:.2f}×"),
        markup.text(saturated.relief(row), tint),
        markup.text(saturated.lift(row["herd_lift"])),
        markup.text(saturated.remarks(row)),
    ]


def hour_link(hour: datetime, tenant: object, chosen: Filters) -> str:
    """A link that opens one hour of one tenant."""
    who = tenant if isinstance(tenant, str) else ""
    measure = st.query_params.get("measure", "")
    target = chosen.link(hour=f"{hour:%Y-%m-%dT%H}", who=who, measure=measure)
    return markup.link(words.span(hour, hour + timedelta(hours=1)), target)


def forecast(frame: pd.DataFrame, chosen: Filters, colours: Palette) -> None:
    """When the lines run out in the newest hour, for the tenants of whom that can be told."""
    panel("Forecast for the newest hour", "whatever the range; if the rate stays as it is")
    if frame.empty:
        st.text(saturated.outlook(frame))
        return
    told = frame[frame["verdict"] != "cannot tell"]
    if not told.empty:
        rows = [_forecast(row, chosen, colours) for row in told.to_dict("records")]
        markup.table(_FORECASTS, rows, caption="Forecast by tenant, most pressing first")
    rest = frame[frame["verdict"] == "cannot tell"]
    if not rest.empty:
        why = " · ".join(rest["basis"].value_counts().head(2).index)
        st.text(f"{words.count(len(rest), 'tenant')} of whom it cannot be told: {why}")
    tables.behind(frame, "forecast", columns=COLUMNS)


def _forecast(row: Row, chosen: Filters, colours: Palette) -> list[str]:
    tint = {"lasts": colours.better, "may run out": colours.muted}.get(
        row["verdict"], colours.worse
    )
    accepted, capacity, rate = row["accepted"], row["capacity"], row["rate_per_minute"]
    used = f"{words.number(accepted)} of {_known(capacity)}"
    return [
        hour_link(row["hour"], row["tenant_id"], chosen),
        cells.text(row["tenant_id"]),
        markup.text(saturated.FORECAST.get(row["verdict"], words.NONE), tint),
        markup.text(saturated.expected(row)),
        markup.text(used)
        if pd.isna(capacity)
        else markup.share_bar(min(accepted / capacity, 1), colours.capacity, used),
        markup.text(words.NONE if pd.isna(rate) else f"{rate:.1f} a minute"),
        markup.text(row["basis"]),
    ]


def lines(frame: pd.DataFrame, chosen: Filters, colours: Palette) -> None:
    """The lines that the log named as used up, and how early in the hour."""
    panel("Lines", "named as used up by a refusal, most refusals first; names are pseudonyms")
    if frame.empty:
        st.text("The log named no line in this period: only the application log knows them.")
        return
    rows = [_line(row, chosen, colours) for row in frame.head(MOST_LINES).to_dict("records")]
    markup.table(_LINES, rows, caption="Lines named as used up, most refusals first")
    rest = frame.iloc[MOST_LINES:]
    if not rest.empty:
        st.caption(f"{words.count(len(rest), 'more line')} in the table.")
    tables.behind(frame, "lines", columns=COLUMNS)


def _line(row: Row, chosen: Filters, colours: Palette) -> list[str]:
    low, high = words.number(row["cap_low"]), words.number(row["cap_high"])
    earliest, middle = row["earliest_filled_minute"], row["median_filled_minute"]
    return [
        markup.text(row["line"]),
        cells.text(row["tenant_id"]),
        markup.text(low if low == high else f"{low} to {high}"),
        markup.text(f"{row['hours_filled']} of {row['hours_named']}"),
        markup.text(words.NONE if pd.isna(middle) else f":{middle:02.0f}"),
        markup.text(words.NONE if pd.isna(earliest) else f":{earliest:02.0f}"),
        cells.count(row["refusals"]),
        hour_link(row["last_hour"], row["tenant_id"], chosen),
    ]


def _known(value: object) -> str:
    return "?" if pd.isna(value) else f"{value:,}"  # type: ignore[call-overload]


_HOURS = [
    ("Hour (UTC)", "f w"),
    ("Tenant", "x"),
    ("Onset", "w"),
    ("Refused operations", "n"),
    ("Unmet", "n"),
    ("Accepted of capacity", "n"),
    ("Capacity from", "w"),
    ("Overload", "n"),
    ("Relief", "w"),
    ("Herd lift", "n"),
    ("Remarks", "m"),
]
_FORECASTS = [
    ("Hour (UTC)", "f w"),
    ("Tenant", "x"),
    ("Verdict", "w"),
    ("When (95 %)", "w"),
    ("Accepted of capacity", "w"),
    ("Rate", "n"),
    ("Basis", "m"),
]
_LINES = [
    ("Line", "f i"),
    ("Tenant", "x"),
    ("Cap an hour", "n"),
    ("Hours full, of named", "n"),
    ("Median full at", "n"),
    ("Earliest", "n"),
    ("Refusals", "n"),
    ("Latest hour (UTC)", "w"),
]
_RATIO = st.column_config.NumberColumn(format="percent")
COLUMNS = {
    name: _RATIO
    for name in (
        "refused_share",
        "refused_share_low",
        "refused_share_high",
        "refused_operations_share",
        "saturated_fraction",
        "utilisation",
        "drain",
        "promise_kept",
    )
}
