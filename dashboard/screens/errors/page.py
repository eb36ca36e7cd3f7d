"""Errors: which code, on which surface, may callers retry it, and did a deploy do it?"""

import pandas as pd
import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.drawing import theme, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame import states, view
from chertlog.dashboard.frame.view import View
from chertlog.dashboard.screens.errors import changes, code_detail, heat


def main() -> None:
    shown, colours = view.current(), theme.palette()
    chosen = shown.chosen
    catalogue = data.frame(shown.generation, "error_catalogue")
    counted = data.frame(shown.generation, "error_heat", **chosen.parameters())
    now = counted[~counted["is_before"]]
    if now.empty and not _any_response(shown):
        states.no_match(chosen)
        return
    before = counted[counted["is_before"]] if chosen.before else None
    period = chosen.period
    starts = pd.date_range(period.start, period.end, freq=period.step, inclusive="left")
    found = heat.rows(now, before, catalogue, starts)
    opened = _choose(found, catalogue)
    if opened:
        code_detail.draw(shown, opened, found, catalogue, colours)
    with st.container(border=True):
        _heat(found, shown, opened, colours)
    with st.container(border=True):
        changes.movers(shown, opened, catalogue, colours)
    with st.container(border=True):
        changes.deploys(shown, colours)


def _any_response(shown: View) -> bool:
    seen = data.frame(shown.generation, "responses_seen", **shown.chosen.parameters())
    return bool(seen["responses"].iloc[0])


def _choose(found: list[heat.Row], catalogue: pd.DataFrame) -> str | None:
    """The code that is open; any of the reference may be, so that a link to a quiet one holds."""
    seen = {row.value for row in found}
    documented = {str(code) for code in catalogue["error_code"]}
    return st.selectbox(
        "Error code",
        sorted(seen | documented),
        index=None,
        placeholder="Open a code",
        key="code",
        bind="query-params",
        label_visibility="collapsed",
        width=230,
    )


def _heat(found: list[heat.Row], shown: View, opened: str | None, colours: Palette) -> None:
    chosen = shown.chosen
    total = sum(row.errors for row in found)
    panel(
        "Error codes by surface",
        f"{words.count(total, 'error')}; a code opens it, a figure its errors on that surface",
    )
    if not found:
        st.text("No errors in this period.")
        return
    with st.container(horizontal=True):
        only = st.toggle(
            "Only where the flag sent is not the reference’s default",
            key="overrides",
            bind="query-params",
        )
        everything = st.toggle("All rows", key="rows", bind="query-params")
    rows = [row for row in found if row.is_override] if only else found
    if not rows:
        st.text("Every flag sent in this period is the reference’s default.")
        return
    drawn = rows if everything else rows[: heat.MOST_ROWS]
    heat.draw(drawn, chosen, opened, colours)
    if len(drawn) < len(rows):
        rest = sum(row.errors for row in rows[heat.MOST_ROWS :])
        st.caption(
            f"{words.count(len(rows) - len(drawn), 'more row')} with {words.count(rest, 'error')}."
        )
    heat.behind(rows, chosen.surfaces or chosen.coverage.surfaces)


main()
