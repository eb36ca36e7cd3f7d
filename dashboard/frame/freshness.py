"""The line that says how far the data reach, and notices when a new generation is published."""

from datetime import UTC, datetime, timedelta

import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.drawing import words
from chertlog.dashboard.frame.view import View
from chertlog.queries.errors import ChertlogError

# A nightly batch loads yesterday: up to a day and a bit old is as it should be.
STALE_AFTER = timedelta(hours=30)


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
    coverage = view.coverage
    if coverage.last_at is None:
        return
    published = datetime.fromtimestamp(view.generation.modified_ns / 1e9, UTC)
    age = datetime.now(UTC).replace(tzinfo=None) - coverage.last_at
    text = (
        f"Data through **{words.minute(coverage.last_at)} UTC** · "
        f"{words.number(coverage.responses)} responses · published {words.minute(published)} UTC"
    )
    with st.container(key="freshness"):
        if age > STALE_AFTER:
            st.caption(f":orange[:material/schedule: **{words.duration(age)} old.**] {text}")
        else:
            st.caption(text)
        if coverage.misdated:
            st.caption(
                f"{words.count(coverage.misdated, 'response')} dated later than loaded (a wrong "
                "clock): only in range “all”."
            )
