"""Find without a trace_id: by tenant, recipient's number, time and code, as `chertlog find` does.

Owns the form and its results. The number goes no further than the callback that looks it up: it is
taken out of its box there, and neither the address nor what the session keeps has it.
"""

from datetime import timedelta
from typing import Any, NamedTuple

import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.drawing import markup, storm_words, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame import admission
from chertlog.dashboard.frame.view import View
from chertlog.queries.errors import ChertlogError, QueryLimit
from chertlog.queries.finding import LOOKUPS_PER_HOUR, MOST, Wanted
from chertlog.queries.moments import moment_of
from chertlog.queries.pseudonyms import pseudonym_of_recipient

_FOUND = "_found"
_TENANT, _NUMBER, _AROUND, _WITHIN, _CODE, _ERRORS = (
    f"find-{name}" for name in ("tenant", "number", "around", "within", "code", "errors")
)
_WITHIN_CHOICES = {
    "15 minutes": timedelta(minutes=15),
    "2 hours": timedelta(hours=2),
    "a day": timedelta(days=1),
    "a week": timedelta(days=7),
}
_NO_KEY = (
    "Numbers cannot be looked up here: they are found by a keyed hash, and the account of this "
    "dashboard may not read its key. Leave the number out, or ask on the server, as the account "
    "that ingests:"
)


class _Found(NamedTuple):
    """What came of a search, without what was asked for."""

    said: str
    next: str
    rows: list[dict[str, Any]]


def draw(shown: View, colours: Palette) -> bool:
    """The form, and what it last found; whether it found anything."""
    has_key = pseudonym_of_recipient("") is not None
    with st.container(border=True, key="find"):
        panel("Without a trace_id", "name a tenant or a number; the rest narrows it down")
        with st.form("find", border=False):
            _boxes(shown, has_key)
            st.form_submit_button(
                "Find", icon=":material/search:", on_click=_search, args=(shown,), type="primary"
            )
        if has_key:
            st.caption(
                f"A number is looked up by its pseudonym, at most {LOOKUPS_PER_HOUR} times an "
                "hour, and it is recorded that one was. It is kept nowhere."
            )
        else:
            st.text(_NO_KEY)
            st.code("chertlog find --recipient -", language=None)
    found: _Found | None = st.session_state.get(_FOUND)
    if found is None:
        return False
    with st.container(border=True, key="found"):
        panel("Found" if found.rows else "Not found", found.said)
        if found.next:
            st.text(found.next)
        if found.rows:
            cells = [_row(row, colours) for row in found.rows]
            markup.table(_COLUMNS, cells, caption="Responses found, the nearest first")
    return bool(found.rows)


def _boxes(shown: View, has_key: bool) -> None:
    left, right = st.columns(2)
    left.selectbox(
        "Tenant", shown.coverage.tenants, index=None, placeholder="any tenant", key=_TENANT
    )
    right.text_input(
        "Recipient's number",
        key=_NUMBER,
        placeholder="+1 202 555 0143",
        autocomplete="off",
        disabled=not has_key,
    )
    around, within, code, errors = st.columns([3, 2, 2, 2], vertical_alignment="bottom")
    around.text_input("Around (UTC)", key=_AROUND, placeholder="2026-11-21 10:20, or 10:20")
    within.selectbox("Within", list(_WITHIN_CHOICES), key=_WITHIN)
    code.text_input("Code", key=_CODE, placeholder="4002")
    errors.checkbox("Errors only", key=_ERRORS)


def _search(shown: View) -> None:
    """The callback of the form: look it up, and forget the number."""
    state = st.session_state
    number = str(state[_NUMBER] or "").strip()
    state[_NUMBER] = ""
    try:
        wanted = _wanted(state, number, shown)
        rows = data.find(shown.generation, wanted, who=admission.who())
    except ValueError as error:
        state[_FOUND] = _Found(str(error), "", [])
        return
    except ChertlogError as error:
        then = "Wait, or leave the number out." if isinstance(error, QueryLimit) else error.next
        state[_FOUND] = _Found(f"{error.what}: {error.why}", then, [])
        return
    if not rows:
        state[_FOUND] = _Found("no such response", "Look wider, or leave something out.", [])
        return
    more = f"the {MOST} nearest; there may be more" if len(rows) == MOST else ""
    state[_FOUND] = _Found(more or words.count(len(rows), "response"), "", rows)


def _wanted(state: Any, number: str, shown: View) -> Wanted:
    """What the boxes say. Raises ValueError, with words for whoever typed it."""
    if not state[_TENANT] and not number:
        raise ValueError("name a tenant, a number, or both")
    code = str(state[_CODE] or "").strip()
    if code and not (code.isascii() and code.isdigit() and len(code) < 10):
        raise ValueError("a code is a number, as 4002 is")
    around = str(state[_AROUND] or "").strip()
    return Wanted(
        tenant=state[_TENANT],
        recipient=number or None,
        code=int(code) if code else None,
        errors=bool(state[_ERRORS]),
        around=moment_of(around, lambda: shown.coverage.last_at) if around else None,
        within=_WITHIN_CHOICES[state[_WITHIN]],
    )


def _row(row: dict[str, Any], colours: Palette) -> list[str]:
    failed = row["error_code"] is not None or row["retryable"] is not None
    sent = row["retryable"]
    tint = {True: colours.retryable, False: colours.final, None: colours.unsaid}[sent]
    return [
        markup.trace_link(row["trace_id"]) if row["trace_id"] else markup.text(words.NONE),
        markup.text(words.second(row["occurred_at"])),
        markup.text(row["tenant_id"] or words.NONE),
        markup.text(row["http_route"] or words.NONE),
        markup.text(str(row["http_status"] or words.NONE)),
        markup.strong(str(row["error_code"])) if row["error_code"] else markup.text(words.NONE),
        markup.text(words.mark(sent), tint) if failed else markup.text(words.NONE),
        markup.text(f"{row['attempt']} of {row['attempts']}" if row["attempts"] else words.NONE),
        markup.text(storm_words.outcome(row["outcome"])),
    ]


_COLUMNS = [
    ("Trace", "f i"),
    ("Sent (UTC)", "w"),
    ("Tenant", "x"),
    ("Route", "m x"),
    ("HTTP", "n"),
    ("Code", "w c"),
    ("Retryable, as sent", "w"),
    ("Attempt", "w"),
    ("Operation", "w"),
]
