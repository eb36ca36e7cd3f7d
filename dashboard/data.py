"""The only door to the database: which generation is published, and what a query in sql/ says.

A generation is one immutable file. DuckDB keeps one database per path inside a process, so it is
opened by its resolved path, and everything cached is cached under its identity. Owns no numbers:
they come from the .sql files, and values reach those as bound parameters only.
"""

import re
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd
import pyarrow as pa
import streamlit as st

from chertlog.queries.database import Connection, connect
from chertlog.queries.errors import ChertlogError
from chertlog.queries.published import published_database
from chertlog.queries.relations import Relation
from chertlog.queries.relations import columns as columns_of
from chertlog.queries.relations import relations as relations_of
from chertlog.queries.story import Story, tell

_SQL = Path(__file__).with_name("sql")
_PARAMETER = re.compile(r"\$([a-z_]+)")
_KEPT = re.compile(r"\bkept_[a-z_]+")
# Selections that the filter bar makes: queries that read one are put on top of it.
_SHARED = ("filtered", "summed", "open_here")
_HOUR_S = 3600

Value = str | int | bool | datetime | None | tuple[str, ...]


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
    mentioned = _parameters(name)
    if "unit" in mentioned:
        parameters["unit"] = _unit(parameters)
    if "documented" in mentioned:
        parameters["documented"] = tuple(frame(of, "documented_surfaces")["surface"])
    return _frame(of, name, tuple((key, parameters[key]) for key in sorted(mentioned)))


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
        surfaces=tuple(frame(of, "surface_names")["surface"]),
        tenants=tuple(frame(of, "tenant_names")["tenant_id"]),
    )


def stories(of: Generation, trace_id: str) -> list[Story]:
    """What is known of the responses that bear a trace_id. Raises NotFound."""
    return tell(_connection(of), trace_id)


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


@lru_cache
def _files() -> dict[str, Path]:
    """The queries by name: folders say whose they are, and do not count."""
    found: dict[str, Path] = {}
    for path in sorted(_SQL.rglob("*.sql")):
        if path.stem in found:
            raise LookupError(f"two queries are called {path.stem}: {found[path.stem]}, {path}")
        found[path.stem] = path
    return found


@lru_cache
def _text(name: str) -> str:
    """The query, standing on what it mentions of the selections that all pages share."""
    body = _body(name)
    shared = {one: _body(one) for one in _SHARED if re.search(rf"\b(from|join) {one}\b", body)}
    if not shared:
        return body
    parts = ",\n".join(f"{one} as (\n{text}\n)" for one, text in shared.items())
    return f"with {parts}\nselect * from (\n{body}\n)"


def _body(name: str) -> str:
    return _files()[name].read_text("utf-8").strip()


@lru_cache
def _parameters(name: str) -> frozenset[str]:
    return frozenset(_PARAMETER.findall(_text(name)))


def _unit(parameters: dict[str, Value]) -> str:
    """Which sums a period can be made of: those by hour are fewer, but need full hours."""
    start, end, step_s = parameters["start"], parameters["end"], parameters.get("step_s", _HOUR_S)
    if not (isinstance(start, datetime) and isinstance(end, datetime) and isinstance(step_s, int)):
        raise TypeError("a period has a start, an end and a step")
    whole = start == _full_hour(start) and end == _full_hour(end) and step_s % _HOUR_S == 0
    return "hour" if whole else "minute"


def _full_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


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
def _frame(of: Generation, name: str, parameters: tuple[tuple[str, Value], ...]) -> pd.DataFrame:
    values = {key: list(v) if isinstance(v, tuple) else v for key, v in parameters}
    return _connection(of).sql(_text(name), values or None, tables=_kept_for(of, name))


def _kept_for(of: Generation, name: str) -> dict[str, pa.Table]:
    """The tables of sql/kept/ that a query mentions."""
    mentioned = sorted(set(_KEPT.findall(_text(name))))
    return {one: _kept(of, one) for one in mentioned}


# What a generation says whatever the filters: figures that take long, computed once for everyone.
@st.cache_resource(max_entries=40, show_spinner=False)
def _kept(of: Generation, name: str) -> pa.Table:
    return _connection(of).arrow(_text(name), _kept_for(of, name))
