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
_KEPT = re.compile(r"\bkept\.([a-z_]+)")
# Selections that queries read by name, and that are put before them, each after those it reads.
_SHARED = (
    "steps",
    "response_by_unit",
    "retry_by_unit",
    "filtered",
    "summed",
    "open_here",
    "broken",
)
# The selection that is asked once for all queries that read it.
_SLICED = re.compile(r"\b(?:from|join) sliced\b")
_HOUR_S, _DAY_S = 3600, 86_400

Value = str | int | bool | datetime | None | tuple[str, ...]


# Parameters by name, as a query mentions them.
Asked = tuple[tuple[str, Value], ...]


class Slice(NamedTuple):
    """What makes one selection differ from another: the sums it is made of, and its parameters."""

    unit: str
    asked: Asked


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
    given = parameters | {"documented": _documented(of)}
    unit = _unit(given, given.get("step_s"))
    return _frame(of, name, unit, _mentioned(name, unit, given), _sliced_for(name, given))


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
def _text(name: str, unit: str) -> str:
    """The query, standing on what it reads of the selections that are shared."""
    body = _body(name)
    shared: dict[str, str] = {}
    _gather(body, unit, shared)
    if not shared:
        return body
    parts = ",\n".join(f"{one} as (\n{text}\n)" for one, text in shared.items())
    return f"with {parts}\nselect * from (\n{body}\n)"


def _gather(body: str, unit: str, shared: dict[str, str]) -> None:
    for one in _SHARED:
        if one not in shared and re.search(rf"\b(from|join) {one}\b", body):
            text = _body(one.replace("_by_unit", f"_by_{unit}"))
            _gather(text, unit, shared)
            shared[one] = text


def _body(name: str) -> str:
    return _files()[name].read_text("utf-8").strip()


def _mentioned(name: str, unit: str, given: dict[str, Value]) -> Asked:
    """The parameters that a query mentions: what its result depends on."""
    return tuple((key, given[key]) for key in _parameters(name, unit))


@lru_cache
def _parameters(name: str, unit: str) -> tuple[str, ...]:
    return tuple(sorted(set(_PARAMETER.findall(_text(name, unit)))))


@st.cache_resource(max_entries=2, show_spinner=False)
def _documented(of: Generation) -> tuple[str, ...]:
    """The surfaces of the reference, for queries that tell others from them."""
    return tuple(row["surface"] for row in _connection(of).rows(_body("documented_surfaces")))


def _sliced_for(name: str, given: dict[str, Value]) -> Slice | None:
    """What the query reads as `sliced`, which begins with the period to compare with."""
    if not _SLICED.search(_body(name)):
        return None
    grain_s = given.get("grain_s", given["step_s"])
    wanted = given | {"start": given.get("before_start", given["start"]), "grain_s": grain_s}
    unit = _unit(wanted, grain_s, days=given["tenant"] is None)
    return Slice(unit, _mentioned("sliced", unit, wanted))


def _unit(given: dict[str, Value], step_s: Value, *, days: bool = False) -> str:
    """Which sums a period can be made of: the coarser, the fewer, but its steps must be full."""
    start, end = given.get("start"), given.get("end")
    if not (isinstance(start, datetime) and isinstance(end, datetime)):
        return ""
    step = step_s if isinstance(step_s, int) else _HOUR_S
    if days and step % _DAY_S == 0 and start == _full_day(start) and end == _full_day(end):
        return "day"
    full = step % _HOUR_S == 0 and start == _full_hour(start) and end == _full_hour(end)
    return "hour" if full else "minute"


def _full_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _full_day(at: datetime) -> datetime:
    return _full_hour(at).replace(hour=0)


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
    query = _kept_ready(of, _text(name, unit))
    tables = {"sliced": _slice(of, sliced)} if sliced else None
    return _connection(of).sql(query, _bound(asked), tables)


# Some hundred kilobytes each: the steps of a period, by surface and kind of answer.
@st.cache_resource(max_entries=200, ttl="1h", show_spinner=False)
def _slice(of: Generation, wanted: Slice) -> pa.Table:
    query = _kept_ready(of, _text("sliced", wanted.unit))
    return _connection(of).arrow(query, _bound(wanted.asked))


def _bound(asked: Asked) -> dict[str, object] | None:
    return {key: list(v) if isinstance(v, tuple) else v for key, v in asked} or None


def _kept_ready(of: Generation, query: str) -> str:
    """The query, once what it reads of sql/kept/ is there to be read.

    These are what a generation says whatever the filters: figures that take long, asked once for
    everyone, and kept as long as the connection is.
    """
    for name in sorted(set(_KEPT.findall(query))):
        _connection(of).keep(name, _kept_ready(of, _body(f"kept_{name}")))
    return query
