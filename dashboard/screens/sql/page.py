"""SQL: one-off questions to the published database, and what can be asked.

The question stands in the URL: sql?sql=…; a link reproduces the screen, answer included. It is read
only, in a process of its own (see `console`).
"""

from typing import Any

import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.drawing import markup, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.frame import admission, view
from chertlog.dashboard.frame.view import View
from chertlog.dashboard.screens.sql import console
from chertlog.queries.errors import ChertlogError
from chertlog.queries.published import data_directory
from chertlog.queries.relations import Relation
from chertlog.queries.saved_queries import saved_queries

_KEY = "sql"
_DEFAULT_VIEW = "responses"
_LIMITS = (
    f"Read-only · one SELECT · first {console.MOST_ROWS:,} rows · {console.MOST_SECONDS} s · "
    "times are UTC"
)


def main() -> None:
    shown = view.current()
    known = {each.name: each for each in data.relations(shown.generation)}
    left, right = st.columns([2, 1])
    with right.container(border=True):
        _browser(shown, known)
    with left:
        with st.container(border=True):
            asked = _question(known)
        if asked.strip():
            with st.container(border=True, key="answer"):
                _answer(shown, asked.strip())


def _question(known: dict[str, Relation]) -> str:
    texts = {each.title: each.filled() for each in saved_queries(data_directory()).values()}
    for name, relation in known.items():
        if relation.example:
            texts[f"{name}: {relation.first_sentence}"] = _broken(relation.example)
    st.selectbox(
        "Saved queries, then an example for each view",
        list(texts),
        index=None,
        placeholder="Saved queries, then an example for each view …",
        key="example",
        on_change=lambda: _use(texts.get(st.session_state["example"])),
        label_visibility="collapsed",
    )
    with st.form("question", border=False, enter_to_submit=True):
        asked = st.text_area(
            "One SELECT, or the name of a view",
            key=_KEY,
            bind="query-params",
            height=190,
            placeholder="select error_code, count(*) as errors\nfrom responses\n"
            "where is_error\ngroup by all\norder by errors desc",
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.form_submit_button(
                "Run", type="primary", icon=":material/play_arrow:", shortcut="Ctrl+Enter"
            )
            st.caption(_LIMITS)
    return asked or ""


def _use(text: str | None) -> None:
    """Put a query into the box and run it, as a callback."""
    if text:
        st.session_state[_KEY] = text


def _broken(example: str) -> str:
    """An example with its clauses below each other."""
    for clause in (" from ", " where ", " group by ", " order by "):
        example = example.replace(clause, f"\n{clause.strip()} ")
    return example


def _answer(shown: View, asked: str) -> None:
    try:
        answer = console.ask(shown.generation, asked, admission.who())
    except ChertlogError as error:
        headline, said = console.refusal(error)
        panel(headline)
        # DuckDB draws an arrow under the fault: only fixed letters keep it there.
        if "\n" in said:
            st.code(said, language=None, wrap_lines=True)
        else:
            st.text(said)
        if error.why:
            st.text(error.why)
        if error.next:
            st.text(error.next)
        return
    rows = len(answer.frame)
    with st.container(horizontal=True, vertical_alignment="center"):
        first = "the first " if answer.is_cut else ""
        panel(f"{first}{words.count(rows, 'row')}", f"in {words.duration(answer.seconds)}")
        st.space("stretch")
        st.download_button(
            "Download CSV",
            answer.csv,
            file_name="chertlog-answer.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    if answer.is_cut:
        st.caption("There are more: narrow the question, or ask `chertlog sql` in a terminal.")
    _table(answer, shown, asked)


def _table(answer: console.Answer, shown: View, asked: str) -> None:
    frame = answer.frame
    if frame.empty:
        st.text("The question was answered: no rows.")
        return
    look: dict[str, Any] = {
        "hide_index": True,
        "height": min(37 + 35 * len(frame), 560),
        "placeholder": words.NONE,
        "alt": "The rows of the answer",
        # Another answer's rows must not inherit the choice.
        "key": f"rows-{hash((shown.generation, asked))}",
    }
    if "trace_id" not in frame.columns:
        st.dataframe(frame, **look)
        return
    picked: Any = st.dataframe(frame, on_select="rerun", selection_mode="single-row", **look)
    chosen = picked.selection.rows
    trace_id = frame["trace_id"].iloc[chosen[0]] if chosen else None
    if isinstance(trace_id, str):
        markup.line(markup.text("The trace of this row:"), markup.trace_link(trace_id))
    else:
        st.caption("Select a row to open its trace.")


def _browser(shown: View, known: dict[str, Relation]) -> None:
    panel("What can be asked", f"{len(known)} views and macros")
    name = st.selectbox(
        "View",
        list(known),
        index=list(known).index(_DEFAULT_VIEW),
        key="view",
        bind="query-params",
        label_visibility="collapsed",
    )
    relation = known[name]
    st.text(relation.text)
    if relation.grain:
        st.text(f"Grain: {relation.grain}")
    if relation.example:
        st.button(
            "Use its example",
            icon=":material/edit_note:",
            on_click=_use,
            args=(_broken(relation.example),),
            width="stretch",
        )
    described = data.columns(shown.generation, name) if relation.kind == "view" else []
    if described:
        rows = [
            [
                markup.strong(column) + "<br>" + markup.text(kind.lower(), "var(--muted)"),
                markup.text(comment),
            ]
            for column, kind, comment in described
        ]
        with st.container(height=560, border=False):
            columns = [("Column", "f w"), ("What it is", "m")]
            markup.table(columns, rows, caption=f"Columns of {name}")


main()
