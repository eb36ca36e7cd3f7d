"""The frame around every page: navigation, freshness, the filter bar; run by Streamlit.

Filters are drawn here and not in the pages (see `filters`), and every reason why a page could not
be drawn is answered here with a sentence.
"""

from base64 import b64encode
from functools import cache
from pathlib import Path

import streamlit as st

from chertlog.dashboard import data, filters, freshness, states, stylesheet, theme, view
from chertlog.dashboard.view import View
from chertlog.queries.errors import ChertlogError

HERE = Path(__file__).parent


def main() -> None:
    st.set_page_config("chertlog", _icon(), layout="wide", initial_sidebar_state=220)
    stylesheet.apply(theme.palette())
    st.logo(_icon(), size="large")
    screens = HERE / "screens"
    trace = st.Page(
        screens / "trace.py", title="Trace look-up", icon=":material/search:", url_path="trace"
    )
    overview = st.Page(
        screens / "overview.py", title="Overview", icon=":material/monitoring:", default=True
    )
    errors = st.Page(
        screens / "errors.py", title="Errors", icon=":material/error:", url_path="errors"
    )
    sql = st.Page(screens / "sql.py", title="SQL", icon=":material/terminal:", url_path="sql")
    storms = st.Page(
        screens / "storms.py", title="Retry storms", icon=":material/cyclone:", url_path="storms"
    )
    clients = st.Page(
        screens / "clients.py", title="Clients", icon=":material/badge:", url_path="clients"
    )
    saturation = st.Page(
        screens / "saturation.py",
        title="4002 saturation",
        icon=":material/grid_on:",
        url_path="saturation",
    )
    contract = st.Page(
        screens / "contract.py", title="Contract", icon=":material/gavel:", url_path="contract"
    )
    health = st.Page(
        screens / "health.py", title="Health", icon=":material/vital_signs:", url_path="health"
    )
    page = st.navigation(
        {
            "Operations": [overview, errors, storms, saturation, contract],
            "Support": [trace, sql, clients, health],
        }
    )
    try:
        _run(page, has_filters=page not in (trace, sql, health))
    except ChertlogError as error:
        # Also when the generation that this run began with has just been removed.
        states.unreadable(error)


@cache
def _icon() -> str:
    """Our own picture, as a data URI.

    A :material/…: page icon would be fetched from fonts.gstatic.com, and what Streamlit serves as
    media is gone for a moment when a reload ends the session that brought it.
    """
    return f"data:image/png;base64,{b64encode((HERE / 'icon.png').read_bytes()).decode()}"


def _run(page: "st.Page", *, has_filters: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="head"):
        st.title(page.title, anchor=False, width="content")
        st.space("stretch")
        line = st.container(width="content")
    generation = data.generation()
    coverage = data.coverage(generation)
    if not coverage.responses:
        states.empty(coverage)
        return
    shown = View(generation, coverage)
    with line:
        freshness.line(shown)
    if has_filters:
        shown = View(generation, coverage, filters.bar(coverage))
    view.show(shown)
    page.run()


main()
