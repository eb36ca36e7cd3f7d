"""`chertlog prune`, and the limit on how long data are kept.

Owns the limit and what it does to a database. Nothing is removed by surprise: `prune` removes, and
`ingest` does so only where keep_days is set; else it says that there is something over the limit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from chertlog.ingest import sql
from chertlog.ingest.erase import Erased, erase_before
from chertlog.ingest.merge import PORTION_EVENTS, merge, recompute
from chertlog.queries.transactions import transaction

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class Overdue:
    """Events older than the limit."""

    events: int
    oldest_at: datetime
    keep_days: int


def limit(con: duckdb.DuckDBPyConnection, keep_days: int | None) -> int:
    """The days in force: as given, else the parameter retention_days."""
    if keep_days is not None:
        return keep_days
    query = "select value from store.parameter where parameter = 'retention_days'"
    return int(con.execute(query).fetchall()[0][0])


def first_day(keep_days: int) -> datetime:
    """The first day that is kept: whole days, UTC, counted back from today."""
    today = datetime.now(UTC).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=keep_days)


def overdue(con: duckdb.DuckDBPyConnection, keep_days: int) -> Overdue | None:
    """What is older than the limit; None if nothing is."""
    events, oldest_at = sql.run(con, "count_old", before=first_day(keep_days)).fetchall()[0]
    return Overdue(events, oldest_at, keep_days) if events else None


def prune(con: duckdb.DuckDBPyConnection, keep_days: int, stage: Callable[[str], None]) -> Erased:
    """Erase everything before the limit, and compute what hung together with it anew."""
    found = overdue(con, keep_days)
    stage("pruning")
    with transaction(con):
        erased = erase_before(con, first_day(keep_days))
        # Much at once takes more memory than the merge has: then everything is computed anew.
        anew = found is not None and found.events > PORTION_EVENTS
        if anew:
            sql.run(con, "drop_meta", key="computed_with")
        elif erased.events:
            merge(con, sql.value(con, "next_source_no"))
    if anew:
        stage("computing anew")
        recompute(con)
    return erased
