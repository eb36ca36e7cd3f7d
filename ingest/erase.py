"""Takes lines out of the work database again, and keeps them from coming back.

Owns what is erased and how the books are kept of it: `store.tombstone` and `pruned_before` say what
must not be there, every load asks here (`keep_out`), and `forget` and `prune` erase what is there
already. Rewriting the files, so that the bytes are gone as well, is `compact`'s business.

An erased line leaves `lines` and every count but `erased`, so that lines = events + rejected +
blank + duplicates goes on to hold, and every sum is what it would be had the line never been there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chertlog.ingest import sql
from chertlog.ingest.notes import mark_changed, set_meta

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

    from chertlog.ingest.load import Item

PRUNED_BEFORE = "pruned_before"
COMPACTION_DUE = "compaction_due"


@dataclass(frozen=True)
class Erased:
    """How much was taken away."""

    events: int = 0
    rejected: int = 0
    sources: int = 0

    @property
    def lines(self) -> int:
        return self.events + self.rejected


def keep_out(con: duckdb.DuckDBPyConnection, first: int, items: Sequence[Item]) -> None:
    """Erase again what files loaded just now brought back; their books are the items.

    What they reveal of earlier files (the answer to a request of somebody forgotten, for one) is
    erased there, and its traces are merged anew with the batch.
    """
    has_tombstones, before = sql.run(con, "erasures").fetchall()[0]
    if not has_tombstones and before is None:
        return
    if has_tombstones:
        _find_forgotten(con, first)
    else:
        _find_nothing(con)
    if before is not None:
        sql.run(con, "erase_old_events", first=first, before=before)
    sql.run(con, "forget_erased_traces", before_source=first)
    counts = _drop(con)
    if counts:  # what was written and deleted again still stands in the bytes of the file
        set_meta(con, COMPACTION_DUE, "yes")
    for item in items:
        events, rejected = counts.pop(item.source_no, (0, 0))
        item.lines -= events + rejected
        item.events -= events
        item.rejected -= rejected
        item.erased = events + rejected
    _settle(con, counts)


def erase_forgotten(con: duckdb.DuckDBPyConnection) -> Erased:
    """Erase what is there of all that has a tombstone. Inside a transaction.

    What was computed from it is wrong after that, and marked so: compute it anew.
    """
    _find_forgotten(con, 0)
    return _conclude(con)


def erase_before(con: duckdb.DuckDBPyConnection, day: datetime) -> Erased:
    """Erase everything before a day, and keep it out from now on. Inside a transaction.

    Leaves the traces that lost an event in the table `forgotten_trace`, for `merge`.
    """
    _, before = sql.run(con, "erasures").fetchall()[0]
    # The limit never goes back: lines that were removed would be new again.
    set_meta(con, PRUNED_BEFORE, max(before or "", day.isoformat(sep=" ")))
    _find_nothing(con)
    sql.run(con, "erase_old_events", first=0, before=day)
    sql.run(con, "erase_old_rejected", before=day)
    sql.run(con, "forgotten_traces", source_nos=[])
    sql.run(con, "forget_erased_traces", before_source=2**31 - 1)
    return _conclude(con)


def _conclude(con: duckdb.DuckDBPyConnection) -> Erased:
    counts = _drop(con)
    _settle(con, counts)
    if counts:
        set_meta(con, "newest_at", sql.value(con, "newest_event"))
        set_meta(con, COMPACTION_DUE, "yes")
        mark_changed(con)
    events = sum(events for events, _ in counts.values())
    return Erased(events, sum(rejected for _, rejected in counts.values()), len(counts))


def _find_forgotten(con: duckdb.DuckDBPyConnection, first: int) -> None:
    """Name the events and rejected lines to erase, and remember their traces."""
    for name in ("forgotten_persons", "named_events", "erased_events"):
        sql.run(con, name, first=first)
    sql.run(con, "erased_rejected", first=first)
    sql.run(con, "insert_trace_tombstones")


def _find_nothing(con: duckdb.DuckDBPyConnection) -> None:
    sql.run(con, "erased_none")
    sql.run(con, "erased_rejected_none")


def _drop(con: duckdb.DuckDBPyConnection) -> dict[int, tuple[int, int]]:
    """Delete what was found. Events and rejected lines, by source."""
    counts = {
        no: (events, rejected) for no, events, rejected in sql.run(con, "count_erased").fetchall()
    }
    sql.run(con, "drop_erased_events")
    sql.run(con, "drop_erased_rejected")
    return counts


def _settle(con: duckdb.DuckDBPyConnection, counts: dict[int, tuple[int, int]]) -> None:
    for source_no, (events, rejected) in counts.items():
        sql.run(con, "settle_erased", source_no=source_no, events=events, rejected=rejected)
