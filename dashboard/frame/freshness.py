"""The line that says how far the data reach, and notices when a new generation is published."""

from datetime import UTC, datetime, timedelta

import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.data import Coverage
from chertlog.dashboard.drawing import clock, markup, words
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame.view import View
from chertlog.queries.errors import ChertlogError


@st.fragment(run_every=5)
def line(view: View) -> None:
    """Draw the line; start the page anew when there is something newer to see.

    Only this fragment looks every few seconds: one stat() of a file, no query.
    """
    try:
        if data.generation() != view.generation:
            st.rerun()
    except ChertlogError:
        pass  # gone for the moment; what is shown was true when it was read
    clock.use(view.zone)  # this fragment also runs alone, without app.py
    coverage = view.coverage
    if coverage.last_at is None:
        return
    published = datetime.fromtimestamp(view.generation.modified_ns / 1e9, UTC)
    with st.container(key="freshness"):
        st.caption(
            f"Data through **{words.minute(coverage.last_at)} {words.zone()}** · "
            f"{words.number(coverage.responses)} responses · "
            f"published {words.minute(published)} {words.zone()}"
        )
        if coverage.misdated:
            st.caption(
                f"{words.count(coverage.misdated, 'response')} dated later than loaded (a wrong "
                "clock): only in range “all”."
            )


def age(coverage: Coverage) -> timedelta | None:
    """How old the newest data are; None without data."""
    if coverage.last_at is None:
        return None
    return datetime.now(UTC).replace(tzinfo=None) - coverage.last_at


def shout(coverage: Coverage, colours: Palette) -> None:
    """A bar across the page if the data are stale: every figure below it is of the past."""
    old = age(coverage)
    if old is None or old <= coverage.stale_after:
        return
    markup.alarm(
        "◷",
        f"The data are {words.duration(old)} old.",
        "Nothing newer was loaded: what goes wrong now is not in these figures.",
        "health",
        "See Health",
        colours.final,
    )
