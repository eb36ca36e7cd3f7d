"""The only door to the database: which generation is published, and what a query in sql/ answers.

A generation is one immutable file. DuckDB keeps one database per path inside a process, so it is
opened by its resolved path, and everything cached is cached under its identity. Owns no numbers:
they come from the .sql files, and values reach those as bound parameters only.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import duckdb
import pandas as pd
import pyarrow as pa
import streamlit as st

from chertlog.dashboard import metrics, questions
from chertlog.dashboard.questions import Asked, Slice, Value
from chertlog.queries.database import Connection, connect
from chertlog.queries.errors import ChertlogError
from chertlog.queries.finding import Wanted
from chertlog.queries.finding import find as find_responses
from chertlog.queries.published import data_directory, published_database
from chertlog.queries.relations import Relation
from chertlog.queries.relations import columns as columns_of
from chertlog.queries.relations import relations as relations_of
from chertlog.queries.story import Story, tell


class Unreadable(ChertlogError):
    """There is a database, but DuckDB cannot read it."""


class Generation(NamedTuple):
    """Identity of one published file: the same identity has the same content."""

    path: str
    inode: int
    modified_ns: int
    size: int


class Coverage(NamedTuple):
    """What a generation holds, whatever the filters say."""

    responses: int
    first_at: datetime | None
    last_at: datetime | None
    misdated: int
    loaded_at: datetime | None
    lines: int
    rejected: int
    stale_after: timedelta
    surfaces: tuple[str, ...]
    tenants: tuple[str, ...]


def generation() -> Generation:
    """The generation published now. Raises NoDatabase."""
    while True:
        path = published_database()
        try:
            found = path.stat()
        except FileNotFoundError:  # replaced between the two calls
            continue
        return Generation(str(path), found.st_ino, found.st_mtime_ns, found.st_size)


def frame(of: Generation, name: str, **parameters: Value) -> pd.DataFrame:
    """The result of the query `name` in sql/; parameters that it does not mention are left out.

    Raises ChertlogError.
    """
    given = parameters | {"documented": _documented(of)}
    unit = questions.unit_of(given, given.get("step_s"))
    asked = questions.mentioned(name, unit, given)
    return _frame(of, name, unit, asked, questions.sliced_for(name, given))


def coverage(of: Generation) -> Coverage:
    """What the generation holds. Raises ChertlogError."""
    row = frame(of, "coverage").iloc[0]
    return Coverage(
        responses=int(row["responses"]),
        first_at=_moment(row["first_at"]),
        last_at=_moment(row["last_at"]),
        misdated=int(row["misdated"]),
        loaded_at=_moment(row["loaded_at"]),
        lines=int(row["lines"]),
        rejected=int(row["rejected"]),
        stale_after=timedelta(hours=float(row["stale_after_h"])),
        surfaces=tuple(frame(of, "surface_names")["surface"]),
        tenants=tuple(frame(of, "tenant_names")["tenant_id"]),
    )


def stories(of: Generation, trace_id: str) -> list[Story]:
    """What is known of the responses that bear a trace_id. Raises NotFound."""
    return tell(_connection(of), trace_id)


def find(of: Generation, wanted: Wanted, *, who: str | None) -> list[dict[str, Any]]:
    """The responses that somebody remembers; recorded, and limited, as `chertlog find` is.

    Nothing of it is cached: a number is asked for, and gone. Raises ChertlogError.
    """
    named = data_directory()
    folder = named if named.is_dir() else named.parent
    return find_responses(_connection(of), folder, wanted, door="dashboard", who=who)


@st.cache_data(max_entries=2, show_spinner=False)
def relations(of: Generation) -> list[Relation]:
    """What can be asked in SQL: views first."""
    return relations_of(_connection(of))


@st.cache_data(max_entries=100, show_spinner=False)
def columns(of: Generation, view: str) -> list[tuple[str, str, str]]:
    """(name, type, comment) of each column of a view."""
    return columns_of(_connection(of), view)


def _moment(value: pd.Timestamp) -> datetime | None:
    return None if pd.isna(value) else value.to_pydatetime()


@st.cache_resource(max_entries=2, show_spinner=False)
def _documented(of: Generation) -> tuple[str, ...]:
    """The surfaces of the reference, for queries that tell others from them."""
    return tuple(
        row["surface"] for row in _connection(of).rows(questions.body("documented_surfaces"))
    )


# Two: the generation before may still be read by runs that began before the new one came. Nobody
# closes one on its way out, since such a run may hold it; it closes itself with its last holder.
@st.cache_resource(max_entries=2, show_spinner=False)
def _connection(of: Generation) -> Connection:
    try:
        return connect(of.path)
    except duckdb.Error as error:
        raise Unreadable(
            "the database cannot be read",
            where=of.path,
            why=str(error).splitlines()[0],
            next="Publish it again: chertlog ingest PATH",
        ) from None


# Streamlit computes a value once, however many ask for it at the same time; the rest wait for it.
@st.cache_data(max_entries=2000, max_size="100MB", ttl="1h", show_spinner=False)
def _frame(
    of: Generation, name: str, unit: str, asked: Asked, sliced: Slice | None
) -> pd.DataFrame:
    query = _kept_ready(of, questions.text(name, unit))
    tables = {"sliced": _slice(of, sliced)} if sliced else None
    with metrics.query(name):
        return _connection(of).sql(query, _bound(asked), tables)


# Some hundred kilobytes each: the steps of a period, by surface and kind of answer.
@st.cache_resource(max_entries=200, ttl="1h", show_spinner=False)
def _slice(of: Generation, wanted: Slice) -> pa.Table:
    query = _kept_ready(of, questions.text("sliced", wanted.unit))
    with metrics.query("sliced"):
        return _connection(of).arrow(query, _bound(wanted.asked))


def _bound(asked: Asked) -> dict[str, object] | None:
    return {key: list(v) if isinstance(v, tuple) else v for key, v in asked} or None


def _kept_ready(of: Generation, query: str) -> str:
    """The query, once what it reads of sql/kept/ is there to be read.

    These are what a generation says whatever the filters: figures that take long, asked once for
    everyone, and kept as long as the connection is.
    """
    for name in questions.kept_in(query):
        _connection(of).keep(name, _kept_ready(of, questions.body(f"kept_{name}")))
    return query
