"""The tables of the Contract page: kinds, routes, violations one by one, overrides, flapping."""

from typing import Any

import pandas as pd
import streamlit as st

from chertlog.dashboard.drawing import cells, markup, tables, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame.filters import Filters
from chertlog.dashboard.screens.contract import contract_words

Row = dict[Any, Any]

MOST_ROWS = 25
MOST_ROUTES = 12


def kinds(found: pd.DataFrame, chosen: Filters) -> None:
    panel("Kinds", "most frequent first; a kind opens the responses that broke the rule")
    rows = [
        [
            markup.link(row["kind"], chosen.link(kind=row["kind"])),
            markup.strong(words.number(row["violations"])),
            markup.text(contract_words.meaning(row["kind"])),
            cells.count(row["routes"]),
            cells.count(row["tenants"]),
            cells.second(row["first_seen_at"]),
            cells.second(row["last_seen_at"]),
            cells.trace(row["last_trace_id"]),
        ]
        for row in found.to_dict("records")
    ]
    markup.table(_KINDS, rows, caption="Kinds of violations, most frequent first")
    tables.behind(found, "violations-by-kind")


def routes(found: pd.DataFrame, chosen: Filters) -> None:
    panel("Routes", "most violations first; a route opens its violations")
    rows = [
        [
            markup.link(row["http_route"], chosen.link(route=row["http_route"]))
            if isinstance(row["http_route"], str)
            else markup.text("unknown"),
            markup.text(row["surface"]),
            markup.strong(words.number(row["violations"])),
            cells.count(row["kinds"]),
            markup.text(row["most_frequent_kind"]),
            cells.second(row["last_seen_at"]),
            cells.trace(row["last_trace_id"]),
        ]
        for row in found.head(MOST_ROUTES).to_dict("records")
    ]
    markup.table(_ROUTES, rows, caption="Routes, most violations first")
    tables.behind(found, "violations-by-route")


def violations(found: pd.DataFrame, kind: str | None, route: str | None, chosen: Filters) -> None:
    """The violations of a kind, a route, or both; each opens its trace."""
    panel(" · ".join(each for each in (kind, route) if each), "the violations, newest first")
    if kind:
        st.text(contract_words.meaning(kind))
    markup.line(markup.link("✕ Close", chosen.link()))
    if found.empty:
        st.text("None in this period with these filters.")
        return
    rows = [_violation(row) for row in found.head(MOST_ROWS).to_dict("records")]
    _rows(rows, caption="Violations, newest first", of_one_kind=bool(kind))
    if len(found) > MOST_ROWS:
        more = words.count(len(found) - MOST_ROWS, "more violation")
        st.caption(f"{more} in the table{' (the latest 1,000)' if len(found) == 1000 else ''}.")
    tables.behind(found, "violations", columns=COLUMNS)


def _rows(rows: list[list[str]], *, caption: str, of_one_kind: bool) -> None:
    """Draw them, without a kind that the heading names already."""
    kept = [n for n, (name, _) in enumerate(_ROWS) if name != "Kind" or not of_one_kind]
    markup.table(
        [_ROWS[n] for n in kept], [[row[n] for n in kept] for row in rows], caption=caption
    )


def _violation(row: Row) -> list[str]:
    code = row["error_code"]
    return [
        cells.second(row["occurred_at"]),
        markup.text(row["kind"]),
        markup.text(row["detail"]),
        markup.text(words.NONE if pd.isna(code) else str(int(code))),
        cells.text(row["http_route"]),
        cells.text(row["tenant_id"]),
        cells.trace(row["trace_id"]),
    ]


def overrides(found: pd.DataFrame, colours: Palette) -> None:
    panel(
        "Overrides",
        "retryable as sent differs from the reference’s default; what was sent counts",
    )
    if found.empty:
        st.text("None: wherever the reference has a default, it was sent.")
        return
    rows = [_override(row, colours) for row in found.to_dict("records")]
    markup.table(_OVERRIDES, rows, caption="Overrides, most frequent first")
    tables.behind(found, "overrides", columns=COLUMNS)


def _override(row: Row, colours: Palette) -> list[str]:
    sent = bool(row["retryable"])
    tint = colours.retryable if sent else colours.final
    return [
        markup.strong(str(row["error_code"])) + " " + markup.text(row["error_type"] or ""),
        cells.text(row["http_route"]),
        markup.text(words.mark(sent), tint),
        markup.text(words.mark(not sent)),
        cells.count(row["overridden"]),
        markup.share_bar(row["overridden_share"], tint, words.percent(row["overridden_share"], 0)),
        cells.count(row["tenants"]),
        cells.second(row["last_seen_at"]),
        cells.trace(row["last_trace_id"]),
    ]


def flapping(frame: pd.DataFrame, chosen: Filters) -> None:
    panel("Flapping", "one route sent one code with both flags within an hour")
    if chosen.tenant:
        st.text("It is about routes and no caller: choose all tenants to see it.")
    elif frame.empty:
        st.text("None: within each hour, every route sent each code with one flag.")
    else:
        found = [_violation(row) for row in frame.head(MOST_ROWS).to_dict("records")]
        _rows(found, caption="Flapping, newest first", of_one_kind=True)
        tables.behind(frame, "flapping", columns=COLUMNS)


_KINDS = [
    ("Kind", "f w"),
    ("Violations", "n"),
    ("Meaning", "m"),
    ("Routes", "n"),
    ("Tenants", "n"),
    ("First seen (UTC)", "w"),
    ("Last seen (UTC)", "w"),
    ("Latest trace", "i"),
]
_ROUTES = [
    ("Route", "f x"),
    ("Surface", "w"),
    ("Violations", "n"),
    ("Kinds", "n"),
    ("Most frequent kind", "w"),
    ("Last seen (UTC)", "w"),
    ("Latest trace", "i"),
]
_ROWS = [
    ("Sent (UTC)", "f w"),
    ("Kind", "w"),
    ("What was found", "m x"),
    ("Code", "n"),
    ("Route", "m x"),
    ("Tenant", "x"),
    ("Trace", "i"),
]
_OVERRIDES = [
    ("Code", "f w"),
    ("Route", "x c"),
    ("As sent", "w"),
    ("Default", "w"),
    ("Errors", "n"),
    ("Share of the code there", "w"),
    ("Tenants", "n"),
    ("Last seen (UTC)", "w"),
    ("Latest trace", "i"),
]
COLUMNS = {
    "error_code": st.column_config.NumberColumn(format="plain"),
    "overridden_share": st.column_config.NumberColumn(format="percent"),
}
