"""Trace look-up: a customer quoted a trace_id; what happened, and what do I answer?

The facts and the words are those of `chertlog trace` (`chertlog.queries.story`); this page only
lays them out. Its URL reproduces it: trace?trace=ID.
"""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.drawing import markup, theme, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame import admission, view
from chertlog.dashboard.frame.view import View
from chertlog.dashboard.screens.trace import attempts, doors, finder, pasted
from chertlog.queries.audit import record
from chertlog.queries.cli_errors import NotFound
from chertlog.queries.story import Story
from chertlog.queries.story_text import told

_KEY = "trace"


def main() -> None:
    shown, colours = view.current(), theme.palette()
    typed = st.text_input(
        "trace_id, idempotency key, or what one stands in: a JSON error body, a header, a log line",
        key=_KEY,
        bind="query-params",
        type="search",
        icon=":material/search:",
        placeholder="1380a1294568",
        on_change=_reduce,
        args=(shown,),
    )
    trace_id = pasted.reduced(typed or "", shown.generation)
    if pasted.is_pseudonym(trace_id):
        trace_id = _by_key(trace_id, shown)
        if not trace_id:
            return
    if not trace_id:
        _nothing_typed(shown, colours)
        return
    try:
        stories = data.stories(shown.generation, trace_id)
    except NotFound as error:
        _unknown(shown, trace_id, error)
        return
    _record(trace_id, shown)
    story = stories[0] if len(stories) == 1 else _choose(stories, trace_id)
    _verdict(story, colours)
    left, right = st.columns(2)
    if story.response is not None:
        with left:
            with st.container(border=True):
                panel("What the customer was told")
                markup.facts(told(story))
            with st.container(border=True, height="stretch"):
                doors.draw(story, shown, colours)
    with right:
        with st.container(border=True):
            panel("What happened inside", "internal: never shown to customers")
            _inside(story, colours)
        with st.container(border=True, height="stretch"):
            panel("What to answer", "holds only what the customer may know")
            st.code(story.answer, language=None, wrap_lines=True)
    if story.attempts:
        with st.container(border=True):
            attempts.draw(story, colours)


def _record(trace_id: str, shown: View) -> None:
    """Write down who opened it, once a session and not with every redraw of the page."""
    opened: set[str] = st.session_state.setdefault("_recorded", set())
    if trace_id not in opened:
        opened.add(trace_id)
        who = admission.who()
        record(Path(shown.generation.path), "trace", door="dashboard", who=who, trace_id=trace_id)


def _reduce(shown: View) -> None:
    """Keep of what was pasted only the id, in the box and in the URL."""
    st.session_state[_KEY] = pasted.reduced(st.session_state[_KEY] or "", shown.generation)


def _by_key(pseudonym: str, shown: View) -> str:
    """The last attempt with an idempotency key; "" if there is none, which is said."""
    found = pasted.attempts(shown.generation, pseudonym)
    if not found:
        with st.container(border=True, key="state"):
            panel("No response bears this idempotency key")
            st.code(pseudonym, language=None)
            st.text("The client may have sent it in a request that is not loaded, or mistyped it.")
        return ""
    st.text(
        f"{words.count(len(found), 'attempt')} with this idempotency key"
        f"{'; this is the last' if len(found) > 1 else ''}."
    )
    return found[-1]


def _choose(stories: list[Story], trace_id: str) -> Story:
    """Short ids collide: let the reader say which response is meant."""
    st.text(
        f"{len(stories)} responses bear this trace_id and have nothing to do with each other: "
        "short ids collide. Tenant and time tell them apart."
    )

    def label(index: int) -> str:
        row = stories[index].response or {}
        at = row.get("occurred_at")
        when = f"{words.second(at)} {words.zone()}" if at else "time unknown"
        return f"{when} · {row.get('tenant_id') or 'unknown tenant'}"

    chosen: int = st.selectbox(
        "Response", range(len(stories)), format_func=label, key=f"of-{trace_id}"
    )
    return stories[chosen]


def _verdict(story: Story, colours: Palette) -> None:
    response = story.response
    headline, dot, rest = story.verdict.partition(". ")
    sign, tint = _look(response, colours)
    details = [markup.text(rest)] if rest else []
    markup.banner(sign, headline + ("." if dot else ""), details, tint)
    if response is None:
        return
    facts = [(f"HTTP {response['http_status'] or '?'}", colours.muted)]
    if response["is_error"]:
        facts.append((words.mark(response["retryable"]), tint))
    if response["is_logical_failure"]:
        facts.append(("failure in the body only", colours.muted))
    of = f"attempt {response['attempt']} of {max(len(story.attempts), response['attempt'])}"
    facts += [(of, colours.muted), (str(response["surface"]), colours.muted)]
    facts.append((f"seen in {', '.join(response['seen_in'])}", colours.muted))
    markup.badges(facts)


def _look(response: dict[str, Any] | None, colours: Palette) -> tuple[str, str]:
    if response is None or response["is_error"] is None:
        return "?", colours.unsaid
    if not response["is_error"]:
        return "✓", colours.better
    sent = response["retryable"]
    if sent is None:
        return "?", colours.unsaid
    return ("↻", colours.retryable) if sent else ("✕", colours.final)


def _inside(story: Story, colours: Palette) -> None:
    if not story.happened:
        st.text("No event of it is left.")
        return
    inner = {"request.received": colours.muted, "response.sent": colours.ink}
    markup.timeline(
        (
            # nginx logs whole seconds: its line has no place among milliseconds.
            "~" if each.log == "edge" else f"+{each.offset_ms:,} ms",
            each.log,
            each.event,
            each.words,
            inner.get(each.event, colours.capacity),
        )
        for each in story.happened
    )


def _unknown(shown: View, trace_id: str, error: NotFound) -> None:
    with st.container(border=True, key="state"):
        panel("No log holds this trace")
        st.code(trace_id[:200], language=None)
        st.text(error.why)
        st.text(error.next)
        if re.fullmatch(r"[0-9a-f]{32}", trace_id):
            st.text(
                "With 32 digits it is an OpenTelemetry trace id, which is another thing. The "
                "responses exported under it:"
            )
            found = data.frame(shown.generation, "otel_traces", id=trace_id)["trace_id"]
            if found.empty:
                st.text("none")
            else:
                cells = [[markup.trace_link(each)] for each in found]
                markup.table([("trace_id", "i")], cells, caption="Responses of this trace")


def _nothing_typed(shown: View, colours: Palette) -> None:
    if finder.draw(shown, colours):
        return
    latest = data.frame(shown.generation, "latest_errors")
    if latest.empty:
        st.text("There are no errors in the database.")
        return
    with st.container(border=True):
        panel("Latest errors", "every one is a way in")
        rows = [_latest_row(row, colours) for row in latest.to_dict("records")]
        markup.table(_LATEST_COLUMNS, rows, caption="The errors sent last")


def _latest_row(row: dict[Any, Any], colours: Palette) -> list[str]:
    sent = None if pd.isna(row["retryable"]) else bool(row["retryable"])
    tint = {True: colours.retryable, False: colours.final, None: colours.unsaid}[sent]
    known = not pd.isna(row["error_code"])
    kind = row["error_type"] if isinstance(row["error_type"], str) else ""
    return [
        markup.trace_link(row["trace_id"]),
        markup.text(words.second(row["occurred_at"])),
        markup.strong(str(int(row["error_code"])) if known else "no code")
        + " "
        + markup.text(kind),
        markup.text(words.mark(sent), tint),
        markup.text(row["surface"]),
        markup.text(row["tenant_id"] if isinstance(row["tenant_id"], str) else words.NONE),
        markup.text(row["http_route"] if isinstance(row["http_route"], str) else words.NONE),
    ]


_LATEST_COLUMNS = [
    ("Trace", "f i"),
    ("Sent (UTC)", "w"),
    ("Code", "w c"),
    ("Retryable, as sent", "w"),
    ("Surface", "x"),
    ("Tenant", "x"),
    ("Route", "m x"),
]

main()
