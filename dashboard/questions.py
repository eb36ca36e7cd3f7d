"""The queries in sql/: their text, put together from what they share, and what they depend on.

A query is one file, called by its name; the folder says whose it is. It may read selections by name
that stand in files of their own: those of _SHARED are put before it, `sliced` is asked beforehand
and kept for all queries that read it, and `kept.NAME` is asked once a generation. Asks nothing
itself.
"""

import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

_SQL = Path(__file__).with_name("sql")
_PARAMETER = re.compile(r"\$([a-z_]+)")
_KEPT = re.compile(r"\bkept\.([a-z_]+)")
_SLICED = re.compile(r"\b(?:from|join) sliced\b")
# Each is put after those it reads. Of those by unit there is a file for each unit.
_SHARED = (
    "steps",
    "response_by_unit",
    "retry_by_unit",
    "filtered",
    "summed",
    "open_here",
    "broken",
)
_HOUR_S, _DAY_S = 3600, 86_400

Value = str | int | bool | datetime | None | tuple[str, ...]
# Parameters by name, as a query mentions them.
Asked = tuple[tuple[str, Value], ...]


class Slice(NamedTuple):
    """What makes one selection differ from another: the sums it is made of, and its parameters."""

    unit: str
    asked: Asked


@cache
def files() -> dict[str, Path]:
    """The queries by name: folders say whose they are, and do not count."""
    found: dict[str, Path] = {}
    for path in sorted(_SQL.rglob("*.sql")):
        if path.stem in found:
            raise LookupError(f"two queries are called {path.stem}: {found[path.stem]}, {path}")
        found[path.stem] = path
    return found


@cache
def text(name: str, unit: str) -> str:
    """The query, standing on what it reads of the selections that are shared."""
    own = body(name)
    shared: dict[str, str] = {}
    _gather(own, unit, shared)
    if not shared:
        return own
    parts = ",\n".join(f"{one} as (\n{selection}\n)" for one, selection in shared.items())
    return f"with {parts}\nselect * from (\n{own}\n)"


def _gather(query: str, unit: str, shared: dict[str, str]) -> None:
    for one in _SHARED:
        if one not in shared and re.search(rf"\b(from|join) {one}\b", query):
            selection = body(one.replace("_by_unit", f"_by_{unit}"))
            _gather(selection, unit, shared)
            shared[one] = selection


@cache
def body(name: str) -> str:
    """The query as its file has it."""
    return files()[name].read_text("utf-8").strip()


def mentioned(name: str, unit: str, given: dict[str, Value]) -> Asked:
    """The parameters that a query mentions: what its result depends on."""
    return tuple((key, given[key]) for key in _parameters(name, unit))


@cache
def _parameters(name: str, unit: str) -> tuple[str, ...]:
    return tuple(sorted(set(_PARAMETER.findall(text(name, unit)))))


def sliced_for(name: str, given: dict[str, Value]) -> Slice | None:
    """What the query reads as `sliced`, which begins with the period to compare with."""
    if not _SLICED.search(body(name)):
        return None
    grain_s = given.get("grain_s", given["step_s"])
    wanted = given | {"start": given.get("before_start", given["start"]), "grain_s": grain_s}
    unit = unit_of(wanted, grain_s, days=given["tenant"] is None)
    return Slice(unit, mentioned("sliced", unit, wanted))


def unit_of(given: dict[str, Value], step_s: Value, *, days: bool = False) -> str:
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


def kept_in(query: str) -> list[str]:
    """What the query reads of sql/kept/, by name."""
    return sorted(set(_KEPT.findall(query)))
