"""How every command that writes ends: checks, files written anew if lines were erased, publication.

Owns that order. What was erased is gone only when no file holds it: the work file is compacted,
and all earlier generations are removed. A run that is killed in between is finished by the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chertlog.ingest import compact, publish, work
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
    compacting: bool = False
    failures: tuple[Failure, ...] = ()


def ready(
    con: duckdb.DuckDBPyConnection, data_dir: Path, stage: Callable[[str], None]
) -> Readiness:
    """Look whether the open work database is to be published, and check it."""
    compacting = compact.is_due(con)
    if not compacting and not publish.is_due(con, data_dir):
        return Readiness()
    stage("checking")
    return Readiness(True, compacting, tuple(publish.checked(con)))


def complete(settings: Settings, readiness: Readiness, stage: Callable[[str], None]) -> Path | None:
    """Publish the closed work database if it is ready. Returns the generation. Raises CannotRun."""
    if not readiness.due or readiness.failures:
        return None
    if readiness.compacting:
        stage("compacting")
        compact.compact(settings)
    stage("publishing")
    published = publish.publish(
        settings.data_dir,
        group=group_number(settings.group),
        kept=1 if readiness.compacting else publish.KEPT,
    )
    if readiness.compacting:
        with work.open_work(settings, load_key(settings.data_dir)) as con:
            compact.settle(con)
    return published
