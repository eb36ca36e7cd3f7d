"""From events to responses to operations, for what a batch touched.

Owns: the order of the transforms, how far around the batch they have to look, and the slices that
keep them within the memory limit. The rules themselves are `chertlog.queries/transforms/*.sql`.

Nothing here grows with history: earlier rows are read only for traces and chain keys that occur
in the batch, and only near it in time. Where something there could hang together with what lies
further off, the window is widened until it cannot, so any split of the same logs gives the same
rows.
"""

from __future__ import annotations

import hashlib
import math
import re
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from chertlog.ingest import sql
from chertlog.ingest.notes import mark_changed, set_meta
from chertlog.queries.transactions import transaction

if TYPE_CHECKING:
    import duckdb

SLICE_EVENTS = 1_500_000  # merged at a time: hash tables of so many fit the memory limit
PORTION_EVENTS = 2 * SLICE_EVENTS  # loaded or computed anew at a time: each slice reads all of it
TRACE_MARGIN = timedelta(hours=1)
# Tables refreshed for the hours that a batch touched, each after those it reads.
SUMMARIES: tuple[str, ...] = (
    "refresh_response_sums",
    "refresh_saturation",
    "refresh_route_minutes",
    "refresh_line_hours",
    "refresh_tenant_minutes",
    "refresh_storm_minutes",
    "refresh_storms",
    "refresh_origin_hours",
    "refresh_latency_hours",
    "refresh_contract_violations",
    "refresh_conduct",
)
CHAIN_MARGIN = timedelta(hours=49)  # twice the longest gap inside an operation, and an hour


def merge(
    con: duckdb.DuckDBPyConnection, first_source_no: int, next_source_no: int = 2**31 - 1
) -> None:
    """Refresh responses, operations and sums for what these sources touched.

    `next_source_no` is the first that is not among them; those from there on are not there yet.
    """
    _run(con, "engine")
    _set(con, first_source_no=first_source_no, next_source_no=next_source_no)
    lowest, highest, events = _row(con, "new_span")
    if not events:
        return
    batch_no = int(
        con.execute("select coalesce(max(batch_no), 0) + 1 from store.response").fetchall()[0][0]
    )
    _set(con, batch_no=batch_no)
    _touch(con, lowest, highest)
    _run(con, "replaced_responses")
    _run(con, "drop_replaced")
    slices = max(1, math.ceil(events / SLICE_EVENTS))
    for slice_ in range(slices):
        _set(con, slices=slices, slice=slice_)
        for step in ("earlier_events", "batch_event", "irregular_traces", "repeated_events"):
            _run(con, step)
        sql.run(con, "drop_repeated")
        sql.run(con, "move_events")
        _run(con, "irregular_slots")
        _run(con, "merge_responses")
        _run(con, "refresh_unanswered")
    _run(con, "unanswered_again")
    _chain(con)


def is_current(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether what is stored was computed by these transforms with the parameters now in force."""
    return bool(sql.value(con, "computed_with") == _computed_with(con))


def recompute(con: duckdb.DuckDBPyConnection) -> None:
    """Compute everything anew from the stored events, as if they came again, slice by slice.

    Due after a parameter changed that a transform uses, and after the transforms themselves did.
    One transaction a portion: a run that is stopped in between begins again, and nothing is
    published before the end.
    """
    with transaction(con):
        sql.run(con, "drop_meta", key="computed_with")
        sql.run(con, "forgotten_traces", source_nos=[])
        for table in sorted(set(re.findall(r"insert into (store\.\w+)", _all_texts()))):
            con.execute(f"delete from {table}")
    for first, following in _portions(con):
        with transaction(con):
            merge(con, first, following)
    with transaction(con):
        set_meta(con, "computed_with", _computed_with(con))
        if sql.value(con, "newest_event") is not None:
            mark_changed(con)


def _portions(con: duckdb.DuckDBPyConnection) -> list[tuple[int, int]]:
    """Consecutive sources with about PORTION_EVENTS events: the first, and the next's first."""
    portions: list[tuple[int, int]] = []
    held = 0
    for source_no, events in sql.run(con, "events_by_source").fetchall():
        if not portions or held + events > PORTION_EVENTS:
            portions.append((source_no, source_no + 1))
            held = 0
        portions[-1] = portions[-1][0], source_no + 1
        held += events
    return portions


def _computed_with(con: duckdb.DuckDBPyConnection) -> str:
    used = set(re.findall(r"\bparameter\('(\w+)'\)", _all_texts()))
    values = con.execute("select parameter, value from store.parameter order by all").fetchall()
    in_force = [row for row in values if row[0] in used]
    return hashlib.sha256(repr((_all_texts(), in_force)).encode()).hexdigest()


@cache
def _all_texts() -> str:
    folder = resources.files("chertlog.queries").joinpath("transforms")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return "\n".join(folder.joinpath(name).read_text("utf-8") for name in names)


def _touch(con: duckdb.DuckDBPyConnection, lowest: datetime, highest: datetime) -> None:
    """Find earlier events of the new events' traces, as far as they hang together."""
    margin = TRACE_MARGIN
    while True:
        _set(con, from_at=_shift(lowest, -margin), to_at=_shift(highest, margin))
        _set(con, has_earlier=_row(con, "has_earlier_events")[0])
        _run(con, "touched_traces")
        if not _row(con, "is_window_too_small")[0]:
            return
        margin *= 24


def _chain(con: duckdb.DuckDBPyConnection) -> None:
    """Number the attempts of the operations that this batch touched."""
    lowest, highest = _row(con, "chain_span")
    if lowest is None:
        return
    margin = CHAIN_MARGIN
    while True:
        _set(con, chain_from_at=_shift(lowest, -margin), chain_to_at=_shift(highest, margin))
        for step in ("chain_keys", "chain_members", "chain_numbers"):
            _run(con, step)
        while split := [row[0] for row in _run(con, "chain_splits").fetchall()]:
            _run(con, "split_chains", response_ids=split)
            _run(con, "chain_numbers")
        if not _row(con, "is_chain_cut")[0]:
            break
        margin *= 8
    for step in ("settle_attempts", "drop_operations", "refresh_operations", "refresh_retries"):
        _run(con, step)
    _run(con, "touched_hours")
    lowest, highest = _row(con, "touched_span")
    _set(con, touched_from_at=lowest, touched_to_at=highest)
    for step in SUMMARIES:
        _run(con, step)


def _shift(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return moment


def _set(con: duckdb.DuckDBPyConnection, **variables: object) -> None:
    for name, value in variables.items():
        con.execute(f"set variable {name} = $value", {"value": value})


def _row(con: duckdb.DuckDBPyConnection, name: str) -> tuple[Any, ...]:
    return _run(con, name).fetchall()[0]


def _run(
    con: duckdb.DuckDBPyConnection, name: str, **parameters: object
) -> duckdb.DuckDBPyConnection:
    return con.execute(_text(name), parameters)


@cache
def _text(name: str) -> str:
    folder = resources.files("chertlog.queries").joinpath("transforms")
    return folder.joinpath(f"{name}.sql").read_text("utf-8")
