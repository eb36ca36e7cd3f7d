"""The frame around every page: navigation, freshness, the filter bar; run by Streamlit.

Filters are drawn here and not in the pages (see `filters`), and every reason why a page could not
be drawn is answered here with a sentence.
"""

from base64 import b64encode
from functools import cache
from pathlib import Path

import streamlit as st

from chertlog.dashboard import data, metrics
from chertlog.dashboard.drawing import clock, stylesheet, theme
from chertlog.dashboard.frame import admission, filters, freshness, links, states, view, zone
from chertlog.dashboard.frame.view import View
from chertlog.queries.errors import BadQuery, ChertlogError, QueryLimit

HERE = Path(__file__).parent
# By section: the folder, which is its address too, the title, and the icon.
_PAGES = {
    "Operations": [
        ("overview", "Overview", "monitoring"),
        ("errors", "Errors", "error"),
        ("storms", "Retry storms", "cyclone"),
        ("saturation", "4002 saturation", "grid_on"),
        ("contract", "Contract", "gavel"),
    ],
    "Support": [
        ("trace", "Trace look-up", "search"),
        ("sql", "SQL", "terminal"),
        ("clients", "Clients", "badge"),
        ("health", "Health", "vital_signs"),
    ],
}
_UNFILTERED = ("trace", "sql", "health")
# What these say is true without a single response too: why none came of the lines, above all.
_WITHOUT_RESPONSES = ("trace", "sql", "health")


def main() -> None:
    st.set_page_config("chertlog", _icon(), layout="wide", initial_sidebar_state=220)
    stylesheet.apply(theme.palette())
    links.follow()
    admission.require(theme.palette())
    st.logo(_icon(), size="large")
    page = st.navigation({section: [_page(*each) for each in of] for section, of in _PAGES.items()})
    in_zone = zone.choose()
    clock.use(in_zone)
    try:
        with metrics.page(page.url_path or "overview"):
            _run(page, in_zone, has_filters=page.url_path not in _UNFILTERED)
    except QueryLimit as error:
        states.too_much(error)
    except BadQuery:
        raise  # a fault of ours, and no reason to look again: the database can be read
    except ChertlogError as error:
        # Also when the generation that this run began with has just been removed.
        states.unreadable(error)


def _page(name: str, title: str, icon: str) -> "st.Page":
    return st.Page(
        HERE / "screens" / name / "page.py",
        title=title,
        icon=f":material/{icon}:",
        url_path=name,
        default=name == "overview",
    )


@cache
def _icon() -> str:
    """Our own picture, as a data URI.

    A :material/…: page icon would be fetched from fonts.gstatic.com, and what Streamlit serves as
    media is gone for a moment when a reload ends the session that brought it.
    """
    return f"data:image/png;base64,{b64encode((HERE / 'icon.png').read_bytes()).decode()}"


def _run(page: "st.Page", in_zone: str, *, has_filters: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="head"):
        st.title(page.title, anchor=False, width="content")
        st.space("stretch")
        line = st.container(width="content")
    generation = data.generation()
    coverage = data.coverage(generation)
    if not coverage.responses and page.url_path not in _WITHOUT_RESPONSES:
        states.empty(coverage)
        return
    shown = View(generation, coverage, in_zone)
    with line:
        freshness.line(shown)
    if page.url_path != "health":  # which says so itself, and more
        freshness.shout(coverage, theme.palette())
    if has_filters:
        shown = View(generation, coverage, in_zone, filters.bar(coverage))
    view.show(shown)
    page.run()


main()
