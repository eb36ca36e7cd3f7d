"""One hour of the 4002 page, opened: its minutes, its lines, and every operation refused in it."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.drawing import cells, markup, tables, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.storm_words import outcome
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame.view import View
from chertlog.dashboard.questions import Value
from chertlog.dashboard.screens.saturation import saturated, saturation_charts

Row = dict[Any, Any]

MOST_OPERATIONS = 20


def draw(shown: View, hour: datetime, colours: Palette) -> None:
    """The hour, of the tenant that the filter or the URL (`who`) names, else of all."""
    chosen = shown.chosen
    who = chosen.tenant or st.query_params.get("who") or None
    asked: dict[str, Value] = {"hour": hour, "who": who}
    known = data.frame(shown.generation, "hour_saturation", **asked)
    minutes = data.frame(shown.generation, "hour_minutes", **asked)
    with st.container(border=True, key="opened"):
        span = words.span(hour, hour + timedelta(hours=1))
        panel(f"{span} {words.zone()} · {who or 'all tenants'}", "the opened hour")
        without = chosen.link(measure=st.query_params.get("measure", ""))
        markup.line(markup.link("✕ Close this hour", without))
        if known.empty:
            st.text("Nobody asked for was answered 4002 in this hour.")
        else:
            markup.badges(_badges(known, colours))
        single = known.iloc[0] if len(known) == 1 else None
        st.echarts_chart(
            saturation_charts.one_hour(
                minutes,
                hour,
                None
                if single is None or pd.isna(single["onset_at"])
                else single["onset_at"].to_pydatetime(),
                None
                if single is None or pd.isna(single["capacity"])
                else float(single["capacity"]),
                colours,
            ),
            height=500,
            key="one-hour",
            alt="Accepted since the full hour, and attempts per minute by their answer; the table "
            "below has the same figures",
        )
        tables.behind(minutes, "hour-by-minute", of="minutes")
        if len(known) > 1:
            tables.behind(known, "tenants-of-the-hour", of="tenants")
        _lines(data.frame(shown.generation, "hour_lines", **asked), colours)
        _operations(data.frame(shown.generation, "hour_refused", **asked), colours)


def _badges(known: pd.DataFrame, colours: Palette) -> list[tuple[str, str]]:
    said = [
        f"{words.count(known['refused_operations'].sum(), 'refused operation')}",
        f"{words.number(known['unmet_operations'].sum())} unmet",
        f"{words.number(known['accepted'].sum())} accepted",
    ]
    if len(known) > 1:
        said.append(words.count(len(known), "tenant"))
        return [(each, colours.ink) for each in said]
    row = known.iloc[0].to_dict()
    if not pd.isna(row["capacity"]):
        said.append(f"capacity {words.number(row['capacity'])} ({row['capacity_basis']})")
    said.append(f"onset {saturated.onset(row)}")
    if row["returned_operations"]:
        returned = words.number(row["returned_operations"])
        said.append(f"{words.number(row['drained_operations'])} of {returned} who returned served")
    if not pd.isna(row["herd_lift"]):
        said.append(f"herd lift {saturated.lift(row['herd_lift'])}")
    tint = colours.better if row["relief"] == "relieved" else colours.worse
    marks = [(each, colours.ink) for each in said]
    return [*marks, (f"next hour: {saturated.relief(row)}", tint)]


def _lines(lines: pd.DataFrame, colours: Palette) -> None:
    panel("Lines named as used up")
    if lines.empty:
        st.text("The log named none.")
        return
    rows = [
        [
            markup.text(row["line"]),
            cells.text(row["tenant_id"]),
            markup.share_bar(
                min(row["utilisation"] or 0, 1),
                colours.capacity,
                f"{words.number(row['used'])} of {words.number(row['cap'])}",
            ),
            markup.text(_filled(row)),
            cells.count(row["refusals"]),
            cells.count(row["sends"]),
        ]
        for row in lines.head(MOST_OPERATIONS).to_dict("records")
    ]
    markup.table(_LINES, rows, caption="Lines named as used up, the first to fill first")
    tables.behind(lines, "lines-of-the-hour")


def _filled(row: Row) -> str:
    if pd.isna(row["filled_at"]):
        return "not named as full"
    basis = "its delivery" if row["filled_basis"] == "delivery" else "first refusal: or before"
    return f"{words.hour_second(row['filled_at'])} ({basis})"


def _operations(operations: pd.DataFrame, colours: Palette) -> None:
    panel("Refused operations", "in the order of their first refusal, which opens as a trace")
    if operations.empty:
        st.text("None.")
        return
    rows = [_operation(row, colours) for row in operations.head(MOST_OPERATIONS).to_dict("records")]
    markup.table(_OPERATIONS, rows, caption="Operations refused in this hour")
    if len(operations) > MOST_OPERATIONS:
        more = words.count(len(operations) - MOST_OPERATIONS, "more operation")
        st.caption(f"{more} in the table{' (the first 1,000)' if len(operations) == 1000 else ''}.")
    tables.behind(operations, "refused-operations")


def _operation(row: Row, colours: Palette) -> list[str]:
    ended = row["outcome"] if isinstance(row["outcome"], str) else None
    tint = {"succeeded": colours.better, "gave_up": colours.worse, "final_error": colours.worse}
    told = row["told_to_wait_s"]
    return [
        markup.text(words.second(row["first_refused_at"])),
        cells.text(row["tenant_id"]),
        cells.text(row["http_route"]),
        cells.count(row["refusals"]),
        cells.count(row["attempts"]),
        markup.text(words.NONE if pd.isna(told) else words.duration(told)),
        markup.text(outcome(ended), tint.get(ended or "", colours.muted)),
        cells.second(row["last_at"]),
        cells.trace(row["trace_id"]),
    ]


_LINES = [
    ("Line", "f i"),
    ("Tenant", "x"),
    ("Used of cap", "w"),
    ("Full at (UTC)", "w"),
    ("Refusals naming it", "n"),
    ("Deliveries logged", "n"),
]
_OPERATIONS = [
    ("First refused (UTC)", "f w"),
    ("Tenant", "x"),
    ("Route", "m x"),
    ("Refusals", "n"),
    ("Attempts in all", "n"),
    ("Told to wait", "n"),
    ("Outcome", "w"),
    ("Last answer (UTC)", "w"),
    ("Trace", "i"),
]
