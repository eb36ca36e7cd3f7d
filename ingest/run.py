"""One run of `chertlog ingest`: paths in, a published database and a summary out.

Owns: the order of a run, the record of it, and its summary. Which file goes into which batch is
decided in `batches`; the loading is `load`, the publication `publish`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from chertlog.ingest import conclude, forget, prune, space, sql, work
from chertlog.ingest.batches import Chooser, Outcome
from chertlog.ingest.errors import WrongUse
from chertlog.ingest.files import Found, find
from chertlog.ingest.load import Item, load_batch
from chertlog.ingest.memory import Memory
from chertlog.ingest.merge import is_current, recompute
from chertlog.ingest.notes import mark_changed
from chertlog.ingest.privacy import load_key
from chertlog.ingest.settings import Settings
from chertlog.queries import audit

if TYPE_CHECKING:
    import duckdb

    from chertlog.queries.checking import Failure

COUNTS = ("lines", "events", "rejected", "blank", "duplicates")
LOADED = ("loaded", "grown", "growing", "empty")


class Reporter(Protocol):
    """What a run tells while it works; the command line draws it."""

    def stage(self, text: str) -> None: ...
    def files(self, count: int, total_bytes: int) -> None: ...
    def read(self, path: Path, position: int) -> None: ...


class Silent:
    """A reporter for tests and notebooks."""

    def stage(self, text: str) -> None: ...
    def files(self, count: int, total_bytes: int) -> None: ...
    def read(self, path: Path, position: int) -> None: ...


@dataclass
class Summary:
    """What a run did: counts of lines, one outcome a file, seconds by stage."""

    outcomes: list[Outcome] = field(default_factory=list)
    lines: int = 0
    events: int = 0
    rejected: int = 0
    blank: int = 0
    duplicates: int = 0
    erased: int = 0  # left out or removed: forgotten, or over the limit of days
    overdue: prune.Overdue | None = None
    seconds: float = 0.0
    timings: dict[str, float] = field(default_factory=dict)
    published: Path | None = None
    failures: tuple[Failure, ...] = ()
    nothing_found: bool = False

    def count(self, *statuses: str) -> int:
        return sum(outcome.status in statuses for outcome in self.outcomes)

    def add(self, item: Item) -> None:
        self.outcomes.append(
            Outcome(
                item.file.path,
                item.status,
                item.failure or "",
                item.format.name,
                item.file.identity,
            )
        )
        for name in (*COUNTS, "erased"):
            setattr(self, name, getattr(self, name) + getattr(item, name))

    @property
    def exit_code(self) -> int:
        """0 all accounted for; 1 a file refused, nothing found, or a check failed."""
        return int(bool(self.count("refused") or self.failures or self.nothing_found))


def ingest(
    paths: Sequence[str],
    settings: Settings,
    *,
    final: bool = False,
    reload: Sequence[str] = (),
    format_name: str | None = None,
    reporter: Reporter | None = None,
) -> Summary:
    """Load files into the work database and publish what is new.

    `final` reads an unfinished last line even of a file that may still be written to. `reload`
    names files whose earlier content is forgotten before they are loaded. `format_name` overrides
    what first lines say. Raises WrongUse for paths and formats that there are not, CannotRun where
    the machine does not allow it.
    """
    found, missing = find([*paths, *reload])
    if missing:
        raise WrongUse(
            "no such file or directory",
            where=missing[0],
            next="check the path; a pattern has to match at least one file",
        )
    return ingest_found(
        found, settings, final=final, reload=reload, format_name=format_name, reporter=reporter
    )


def ingest_found(
    found: Sequence[Found],
    settings: Settings,
    *,
    final: bool = False,
    reload: Sequence[str] = (),
    format_name: str | None = None,
    reporter: Reporter | None = None,
    memory: Memory | None = None,
) -> Summary:
    """Load these files, as `ingest` does. `memory` lets files go on where they were left."""
    reporter = reporter or Silent()
    data_dir = settings.data_dir
    work.prepare(settings)
    own = data_dir.resolve()
    # Not Path.resolve: it raises where links lead in a circle.
    found = [e for e in found if own not in Path(os.path.realpath(e.path)).parents]
    summary = Summary(nothing_found=not found)
    began = time.monotonic()
    stages = Stages(reporter, summary.timings)
    with work.locked(data_dir), work.told_plainly(data_dir):
        stages("opening")
        with work.open_work(settings, load_key(data_dir)) as con:
            summary.erased += forget.catch_up(con, data_dir).lines
            if not is_current(con):
                stages("computing anew")
                recompute(con)
            chooser = Chooser(
                con,
                found,
                settings,
                final=final,
                reload=reload,
                memory=memory,
                format_name=format_name,
            )
            space.require_for_load(data_dir, found, chooser.known)
            reporter.files(len(found), chooser.total_bytes)
            _load(con, chooser, summary, stages, reporter, memory)
            _retain(con, settings, summary, stages)
            readiness = conclude.ready(con, data_dir, stages)
        summary.failures = readiness.failures
        summary.published = conclude.complete(settings, readiness, stages)
    stages(None)
    summary.seconds = time.monotonic() - began
    return summary


def _retain(
    con: duckdb.DuckDBPyConnection, settings: Settings, summary: Summary, stages: Stages
) -> None:
    """Prune where that is wanted; else say what is over the limit."""
    found = prune.overdue(con, prune.limit(con, settings.keep_days))
    if settings.keep_days is None:
        summary.overdue = found
        return
    audit.drop_older(settings.data_dir, prune.first_day(settings.keep_days))
    if found:
        summary.erased += prune.prune(con, settings.keep_days, stages).lines


def _load(
    con: duckdb.DuckDBPyConnection,
    chooser: Chooser,
    summary: Summary,
    stages: Stages,
    reporter: Reporter,
    memory: Memory | None,
) -> None:
    """Load batch after batch, and record the run if it changed anything."""
    run_no, started_at, before = sql.run(con, "begin_run").fetchall()[0]
    while chooser.waiting:
        stages("recognising")
        items = chooser.next_batch(run_no)
        try:
            if items:
                load_batch(
                    con,
                    items,
                    run_no,
                    on_read=lambda file, position: reporter.read(file.path, position),
                    on_stage=stages,
                )
                if memory:
                    memory.learn(items)
        finally:
            for item in items:
                item.file.close()
        for item in items:
            summary.add(item)
    summary.outcomes += chooser.outcomes
    if before is not None and sql.value(con, "content_no") == before:
        return  # a run that found nothing new leaves no trace
    sql.run(
        con,
        "insert_run",
        run_no=run_no,
        started_at=started_at,
        version=version("chertlog"),
        files=len(summary.outcomes),
        loaded=summary.count(*LOADED),
        refused=summary.count("refused"),
        **{name: getattr(summary, name) for name in COUNTS},
    )
    mark_changed(con)


class Stages:
    """Tells the reporter which stage begins, and keeps how long each took."""

    def __init__(self, reporter: Reporter, timings: dict[str, float]) -> None:
        self._reporter, self._timings = reporter, timings
        self._name: str | None = None
        self._since = time.monotonic()

    def __call__(self, name: str | None) -> None:
        now = time.monotonic()
        if self._name:
            self._timings[self._name] = self._timings.get(self._name, 0.0) + now - self._since
        self._name, self._since = name, now
        if name:
            self._reporter.stage(name)
