"""Runs what is typed into the SQL page: one question at a time, in the isolated worker.

Owns the limits of the page, and the words for what the worker refuses. What is admitted and how it
is locked in is `chertlog.queries.sandbox`'s business.
"""

from threading import BoundedSemaphore
from time import monotonic
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from chertlog.dashboard.data import Generation
from chertlog.queries.clean_text import safe_csv
from chertlog.queries.errors import ChertlogError, QueryLimit
from chertlog.queries.results import Result
from chertlog.queries.sandbox import run_select

MOST_ROWS = 10_000
MOST_SECONDS = 15
# Each may use half a gigabyte and two processors; the dashboard shall stay quick beside them.
_MOST_AT_ONCE = 2
_LONGEST_QUEUE_S = 5


class Answer(NamedTuple):
    """The rows of one question, as they are shown and as they are taken away."""

    frame: pd.DataFrame
    csv: bytes
    is_cut: bool
    seconds: float


@st.cache_data(max_entries=20, ttl="1h", show_spinner="Running …")
def ask(of: Generation, sql: str, who: str | None) -> Answer:
    """The answer of one generation. Raises BadQuery (wrong or refused) and QueryLimit.

    `who` asks is recorded, and part of what is cached by: each person is recorded once.
    """
    places = _places()
    if not places.acquire(timeout=_LONGEST_QUEUE_S):
        raise QueryLimit(
            "other people's queries are running",
            why=f"At most {_MOST_AT_ONCE} run at once.",
            next="Run it again in a moment.",
        )
    started = monotonic()
    try:
        result = run_select(of.path, sql, MOST_SECONDS, MOST_ROWS, door="dashboard", who=who)
    finally:
        places.release()
    seconds = monotonic() - started
    csv = safe_csv(result.encode("csv").decode()).encode()
    return Answer(_frame(result), csv, result.truncated, seconds)


def refusal(error: ChertlogError) -> tuple[str, str]:
    """A headline and what was said, of a question that was not answered."""
    if isinstance(error, QueryLimit):
        return "Stopped: nothing was returned", _sentence(error.what)
    if "only one SELECT" in error.what:
        return (
            "Not run: this page only reads",
            f"{_sentence(error.what)} Nothing was changed, and nothing can be changed from here.",
        )
    return "The database does not understand this", error.what


@st.cache_resource(show_spinner=False)
def _places() -> BoundedSemaphore:
    return BoundedSemaphore(_MOST_AT_ONCE)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def _frame(result: Result) -> pd.DataFrame:
    """The rows for the table on screen: names that repeat are numbered, nested values are text."""
    names: list[str] = []
    for name in result.columns:
        repeated = sum(1 for each in names if each == name or each.startswith(f"{name} ("))
        names.append(f"{name} ({repeated + 1})" if repeated else name)
    columns = list(zip(*result.rows(), strict=True)) or [()] * len(names)
    series = {n: pd.Series(_shown(c)) for n, c in zip(names, columns, strict=True)}
    return pd.DataFrame(series)


def _shown(values: tuple[Any, ...]) -> list[Any]:
    whole = [v for v in values if v is not None]
    if whole and all(isinstance(v, int) and not isinstance(v, bool) for v in whole):
        small = all(abs(v) < 2**53 for v in whole)
        return list(pd.array(values, dtype="Int64")) if small else [_text(v) for v in values]
    return [_text(v) if isinstance(v, list | dict | bytes) else v for v in values]


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
