"""How every command that writes ends: checks, files written anew where that is due, publication.

Owns that order. What was erased is gone only when no file holds it: the work file is compacted,
and all earlier generations are removed. A work file that is mostly free room is compacted as well.
A run that is killed in between is finished by the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chertlog.ingest import compact, publish, space, work
from chertlog.ingest.modes import group_number
from chertlog.ingest.privacy import load_key

if TYPE_CHECKING:
    import duckdb

    from chertlog.ingest.settings import Settings
    from chertlog.queries.checking import Failure


@dataclass(frozen=True)
class Readiness:
    """Whether there is something to publish, and the checks that forbid it."""

    due: bool = False
    erased: bool = False  # lines that the files still hold
    loose: bool = False  # the work file is mostly free room
    used_bytes: int = 0  # of the work file: what a compact one takes
    failures: tuple[Failure, ...] = ()


def ready(
    con: duckdb.DuckDBPyConnection, data_dir: Path, stage: Callable[[str], None]
) -> Readiness:
    """Look whether the open work database is to be published, and check it."""
    compact.sweep(data_dir)
    erased = compact.is_due(con)
    if not erased and not publish.is_due(con, data_dir):
        return Readiness()
    stage("checking")
    failures = tuple(publish.checked(con))
    room = compact.room(con)
    return Readiness(True, erased, room.is_loose, room.used, failures)


def complete(settings: Settings, readiness: Readiness, stage: Callable[[str], None]) -> Path | None:
    """Publish the closed work database if it is ready. Returns the generation. Raises CannotRun."""
    if not readiness.due or readiness.failures:
        return None
    data_dir = settings.data_dir
    if readiness.erased:
        # Earlier generations go anyway; now, their room serves the work file's copy.
        publish.drop_earlier(data_dir)
        space.require_for_erasure(data_dir, readiness.used_bytes)
    # Without room, a loose file is published as it is: that needs no more than ever.
    if readiness.erased or (readiness.loose and space.is_enough(data_dir, readiness.used_bytes)):
        stage("compacting")
        compact.compact(settings)
    stage("publishing")
    published = publish.publish(
        data_dir,
        group=group_number(settings.group),
        kept=1 if readiness.erased else publish.KEPT,
    )
    if readiness.erased:
        with work.open_work(settings, load_key(data_dir)) as con:
            compact.settle(con)
    return published
