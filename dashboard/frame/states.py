"""What a page says when it has nothing to show: what is so, and what to do about it."""

import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.data import Coverage
from chertlog.dashboard.drawing import words
from chertlog.dashboard.frame import filters
from chertlog.queries.errors import ChertlogError, NoDatabase, QueryLimit
from chertlog.queries.published import NAME


def unreadable(error: ChertlogError) -> None:
    """There is no database, or not one that can be read; look again until there is."""
    if isinstance(error, NoDatabase) and _is_loading(error):
        _say(
            "The first logs are being loaded",
            "The data directory is there, but nothing has been published yet. An ingest is at "
            "work, or one stopped before it could publish: the terminal it ran in says which.",
            ["chertlog ingest PATH"],
        )
    elif isinstance(error, NoDatabase):
        _say(
            "No database yet",
            f"Nothing has been published as {NAME} where this dashboard looks. Load some logs, or "
            "make a day of sample logs to try it out.",
            ["chertlog ingest /var/log/chert", "chertlog demo"],
        )
    else:
        _say(f"{error.what[0].upper()}{error.what[1:]}", error.why, [error.next])
    if error.where:
        st.caption("Where it was looked for:")
        st.code(error.where, language=None)
    st.caption("This page looks again every 5 seconds.")
    _until_readable()


def too_much(error: QueryLimit) -> None:
    """The machine could not answer. Asked again by nobody but the reader, or it never would."""
    _say(
        f"{error.what[0].upper()}{error.what[1:]}",
        "Others may be using the machine as well. A shorter time range asks for less.",
        [],
    )
    st.button("Try again")


def empty(coverage: Coverage) -> None:
    """A database without a single response."""
    if coverage.lines:
        why = (
            f"{words.number(coverage.lines)} lines were read, {words.number(coverage.rejected)} of "
            "them rejected, and none was the answer to a request. The rejected lines say why."
        )
        _say("No responses in the database", why, ["chertlog sql rejected_lines"])
    else:
        _say(
            "The database is empty",
            "It was published before any log was loaded.",
            ["chertlog ingest /var/log/chert"],
        )


def no_match(chosen: filters.Filters) -> None:
    """The filters select nothing."""
    period = chosen.period
    start, end = words.moment(period.start), words.moment(period.end)
    what = f"No responses from {start} to {end} {words.zone()}"
    _say(f"{what} match these filters" if chosen.narrowed else what, _reach(chosen.coverage), [])
    if chosen.narrowed:
        st.button("Show all surfaces, tenants and errors", on_click=filters.widen)
    else:
        st.text("Choose another time range above.")


def _reach(coverage: Coverage) -> str:
    if coverage.first_at is None or coverage.last_at is None:
        return ""
    first, last = words.moment(coverage.first_at), words.moment(coverage.last_at)
    return f"The data reach from {first} to {last} {words.zone()}."


def failed() -> None:
    """A page failed for a reason of its own; the traceback is in the server's log."""
    _say(
        "This page could not be drawn",
        "That is a fault of the dashboard, not of your data. Its log, in the terminal that runs "
        "it, has the details; the command line answers the same questions meanwhile.",
        ["chertlog report --since 24h"],
    )


def _say(what: str, why: str, commands: list[str]) -> None:
    with st.container(border=True, key="state"):
        st.subheader(what, anchor=False)
        if why:
            st.text(why)
        for command in commands:
            st.code(command, language=None)


def _is_loading(error: NoDatabase) -> bool:
    from pathlib import Path

    return bool(error.where) and Path(error.where).with_name("work.duckdb").exists()


@st.fragment(run_every=5)
def _until_readable() -> None:
    try:
        data.coverage(data.generation())
    except ChertlogError:
        return
    st.rerun()
