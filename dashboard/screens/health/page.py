"""Health: can the numbers be trusted; is all of it here, and how fresh?"""

from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.drawing import cells, markup, tables, theme, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame import view
from chertlog.dashboard.frame.view import View
from chertlog.dashboard.screens.health import checks, health_words

Row = dict[Any, Any]

MOST_REASONS = 12
MOST_RUNS = 8


def main() -> None:
    shown, colours = view.current(), theme.palette()
    logs = data.frame(shown.generation, "health_logs")
    statuses = data.frame(shown.generation, "health_statuses")
    _verdict(logs, statuses, shown, colours)
    _cards(logs)
    with st.container(border=True):
        _logs(logs, shown.coverage.stale_after, colours)
    with st.container(border=True):
        _rejected(shown, logs, colours)
    with st.container(border=True):
        _sources(shown, statuses)
    with st.container(border=True):
        checks.draw(shown, colours)
    with st.container(border=True):
        _runs(data.frame(shown.generation, "health_runs"))
    with st.container(border=True):
        _parameters(data.frame(shown.generation, "health_parameters"))


def _verdict(logs: pd.DataFrame, statuses: pd.DataFrame, shown: View, colours: Palette) -> None:
    said = health_words.verdict(logs, statuses, shown.coverage)
    tint = colours.better if said.is_good else colours.worse
    markup.banner(said.sign, said.headline, [markup.text(each) for each in said.details], tint)


def _cards(logs: pd.DataFrame) -> None:
    with st.grid(5, min_column_width=165, border=True, key="cards") as grid:
        for card in health_words.cards(logs):
            with grid.cell():
                st.metric(card.label, card.value, help=card.help)
                markup.note(card.note, "", card.target)


def _logs(logs: pd.DataFrame, stale_after: timedelta, colours: Palette) -> None:
    panel("Logs", "how far each reaches, and what became of its lines")
    tints = {
        "events": colours.unsaid,
        "rejected": colours.worse,
        "blank": colours.line,
        "duplicates": colours.ink,
    }
    rows = [_log(row, stale_after, tints) for row in logs.to_dict("records")]
    if len(rows) > 1:
        rows.append(_log(health_words.together(logs), stale_after, tints))
    markup.table(_LOGS, rows, caption="Logs, most lines first")
    st.caption(
        "In the split, grey is events, red rejected, pale blank, dark duplicates; few are "
        "drawn wider than they are."
    )
    for name in health_words.missing(logs):
        st.text(name)
    tables.behind(logs, "logs")


def _log(row: Row, stale_after: timedelta, tints: dict[str, str]) -> list[str]:
    split = " · ".join(f"{words.number(row[name])} {name}" for name in tints)
    parts = health_words.split([row[name] for name in tints])
    return [
        cells.text(row["format"]),
        markup.text(health_words.reach(row["last_event_at"], stale_after)),
        cells.second(row["first_event_at"]),
        cells.second(row["last_event_at"]),
        cells.count(row["sources"]),
        cells.count(row["lines"]),
        markup.split_bar(list(zip(parts, tints.values(), strict=True)), split),
        *(cells.count(row[name]) for name in tints),
        markup.text(health_words.balance(row)),
    ]


def _rejected(shown: View, logs: pd.DataFrame, colours: Palette) -> None:
    panel("Rejected lines", "could not become an event; excerpts are redacted")
    reasons = data.frame(shown.generation, "health_reasons")
    if reasons.empty:
        st.text(f"None of {words.count(logs['lines'].sum(), 'line')}.")
        return
    total = reasons["rejected"].sum()
    why = st.query_params.get("why") or None
    rows = [
        [
            markup.here(f"{row['reason']} ◂")
            if row["reason"] == why
            else markup.link(row["reason"], f"?why={row['reason']}"),
            cells.count(row["rejected"]),
            markup.share_bar(
                row["rejected"] / total, colours.worse, words.percent(row["rejected"] / total, 0)
            ),
            cells.count(row["sources"]),
            markup.text(health_words.REASONS.get(row["reason"], "")),
        ]
        for row in reasons.head(MOST_REASONS).to_dict("records")
    ]
    markup.table(_REASONS, rows, caption="Reasons, most frequent first")
    if why:
        markup.line(markup.link("✕ Show all reasons", "?"))
    found = data.frame(shown.generation, "health_rejected", why=why)
    _frame(found, "rejected-lines")
    if len(found) == 500:
        st.caption("The first 500: chertlog sql rejected_lines has all.")


def _sources(shown: View, statuses: pd.DataFrame) -> None:
    panel("Sources", "files offered; those that need a look first")
    rows = [
        [
            markup.text(health_words.status(row["status"])),
            cells.count(row["sources"]),
            cells.count(row["lines"]),
            markup.text(health_words.STATUSES.get(row["status"], ("", ""))[1]),
            cells.second(row["offered_at"]),
        ]
        for row in statuses.to_dict("records")
    ]
    markup.table(_STATUSES, rows, caption="Sources by status")
    _frame(data.frame(shown.generation, "health_sources"), "sources")


def _frame(frame: pd.DataFrame, name: str) -> None:
    """Log text and paths, in a table that only shows them, and its CSV."""
    st.dataframe(
        frame,
        hide_index=True,
        height=min(54 + 35 * max(len(frame), 1), 334),
        column_config=_COLUMNS,
        placeholder=words.NONE,
        alt=f"Table: {name}",
        key=f"table-{name}",
    )
    st.download_button(
        "Download CSV",
        tables.csv(frame),
        file_name=f"chertlog-{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        key=f"csv-{name}",
        on_click="ignore",
    )


def _runs(runs: pd.DataFrame) -> None:
    panel("Ingest runs", "latest first")
    rows = [
        [
            markup.strong(str(row["run_no"])),
            cells.second(row["started_at"]),
            markup.text(words.duration(row["took_s"])),
            markup.text(f"{words.number(row['loaded'])} of {words.number(row['files'])}"),
            cells.count(row["refused"]),
            *(cells.count(row[name]) for name in health_words.TERMS),
            cells.text(row["tool_version"]),
        ]
        for row in runs.head(MOST_RUNS).to_dict("records")
    ]
    markup.table(_RUNS, rows, caption="Ingest runs, latest first")
    tables.behind(runs, "ingest-runs")


def _parameters(parameters: pd.DataFrame) -> None:
    panel("Parameters in force", "thresholds that the numbers rest on")
    changed = parameters[parameters["is_changed"]]
    if changed.empty:
        st.text(f"All {len(parameters)} have their default value.")
    else:
        rows = [
            [
                markup.strong(row["parameter"]),
                markup.strong(f"{row['value']:g}"),
                markup.text(f"{row['default_value']:g}"),
                markup.text(row["unit"]),
                markup.text(row["meaning"]),
            ]
            for row in changed.to_dict("records")
        ]
        markup.table(_PARAMETERS, rows, caption="Parameters that differ from their default")
        st.caption(f"The other {len(parameters) - len(changed)} have their default value.")
    tables.behind(parameters, "parameters")


_LOGS = [
    ("Log", "f w"),
    ("Reaches", "w"),
    ("From (UTC)", "w"),
    ("Through (UTC)", "w"),
    ("Sources", "n"),
    ("Lines", "n"),
    ("Split", "t"),
    ("Events", "n"),
    ("Rejected", "n"),
    ("Blank", "n"),
    ("Duplicates", "n"),
    ("Balance", "w"),
]
_REASONS = [
    ("Reason", "f w"),
    ("Lines", "n"),
    ("Share", "w"),
    ("Sources", "n"),
    ("Meaning", "m"),
]
_STATUSES = [
    ("Status", "f w"),
    ("Sources", "n"),
    ("Lines", "n"),
    ("Meaning", "m"),
    ("Last offered (UTC)", "w"),
]
_RUNS = [
    ("Run", "f n"),
    ("Started (UTC)", "w"),
    ("Took", "n"),
    ("Files loaded", "n"),
    ("Refused", "n"),
    ("Lines", "n"),
    ("Events", "n"),
    ("Rejected", "n"),
    ("Blank", "n"),
    ("Duplicates", "n"),
    ("Version", "w"),
]
_PARAMETERS = [
    ("Parameter", "f w"),
    ("In force", "n"),
    ("Default", "n"),
    ("Unit", "w"),
    ("What it decides", "m"),
]
_COLUMNS = {
    "path": st.column_config.TextColumn(width="large"),
    "excerpt": st.column_config.TextColumn(width="large"),
    "line_number": st.column_config.NumberColumn(format="localized"),
    "byte_offset": st.column_config.NumberColumn(format="localized"),
    "file_bytes": st.column_config.NumberColumn(format="bytes"),
}

main()
