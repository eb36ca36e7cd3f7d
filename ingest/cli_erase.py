"""The commands that remove: forget, prune.

Owns their arguments and what they say. What is erased, and how, is `erase`, `forget` and `prune`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chertlog.queries.cli_errors import friendly
from chertlog.queries.cli_options import DataDir

if TYPE_CHECKING:
    import duckdb

    from chertlog.ingest.conclude import Readiness
    from chertlog.ingest.erase import Erased
    from chertlog.ingest.settings import Settings

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say how much would go, and change nothing.")
]


def forget(
    tenant: Annotated[
        list[str] | None, typer.Option("--tenant", metavar="ID", help="A tenant_id.")
    ] = None,
    recipient: Annotated[
        list[str] | None,
        typer.Option(
            "--recipient",
            metavar="NUMBER",
            help="A number or address in any spelling, or a pseudonym r_…; - is stdin.",
        ),
    ] = None,
    dry_run: DryRun = False,
    data_dir: DataDir = None,
) -> None:
    """Erase a person or a tenant everywhere, and keep them out.

    Every line that names them goes, and the rest of its trace, from the work file and from all
    generations. The same lines add nothing when they are offered again. Lines of a later time
    than this command are loaded.

    Example: chertlog forget --recipient '+1 202 555 0143'
    """
    with friendly():
        from chertlog.ingest import forget as forgetting
        from chertlog.ingest.errors import WrongUse
        from chertlog.ingest.merge import is_current, recompute

        numbers = [sys.stdin.readline() if name == "-" else name for name in recipient or []]
        if not tenant and not numbers:
            raise WrongUse(
                "nobody is named", next="chertlog forget --tenant ID, or --recipient NUMBER"
            )
        with _writing(data_dir) as run:
            con, folder = run.con, run.settings.data_dir
            entries = [forgetting.name_tenant(con, name) for name in tenant or []]
            entries += [forgetting.name_recipient(con, name) for name in numbers]
            if dry_run:
                # One by one: what two of them share is counted with both.
                found = [forgetting.preview(con, entry) for entry in entries]
            else:
                for entry in entries:
                    forgetting.remember(folder, entry)
                found = [forgetting.catch_up(con, folder)]
                if not is_current(con):
                    run.stage("computing anew")
                    recompute(con)
        lines = sum(each.lines for each in found)
        _tell("would be erased" if dry_run else "erased", found)
        run.tell_end()
        if not lines:
            _say(
                "Nothing of them is stored. Check the spelling (numbers with country code, see "
                "chertlog views responses)."
                + ("" if dry_run else " Lines offered from now on are kept out all the same.")
            )
            raise typer.Exit(1)
        if run.readiness.failures:
            raise typer.Exit(1)


def prune(
    keep_days: Annotated[
        int | None,
        typer.Option(
            min=1, help="Days to keep.  [keep_days in chertlog.toml, else retention_days: 90]"
        ),
    ] = None,
    dry_run: DryRun = False,
    data_dir: DataDir = None,
) -> None:
    """Remove everything older than some days, and write the files anew.

    Whole days are kept, UTC, counted back from today. Files that were loaded stay known.

    Example: chertlog prune --keep-days 30
    """
    with friendly():
        from chertlog.ingest import prune as pruning
        from chertlog.ingest.erase import Erased
        from chertlog.queries.audit import drop_older

        with _writing(data_dir) as run:
            days = pruning.limit(run.con, keep_days or run.settings.keep_days)
            old = pruning.overdue(run.con, days)
            if dry_run:
                erased = Erased(events=old.events if old else 0)
            else:
                erased = pruning.prune(run.con, days, run.stage)
                drop_older(run.settings.data_dir, pruning.first_day(days))
        kept = f"Kept: {days} days, from {pruning.first_day(days):%Y-%m-%d} on (UTC)."
        _tell("would be erased" if dry_run else "erased", [erased], kept)
        run.tell_end()
        if run.readiness.failures:
            raise typer.Exit(1)


@dataclass
class _Run:
    """The work database, open for one command, and what came of it."""

    settings: Settings
    con: duckdb.DuckDBPyConnection
    stage: Callable[[str | None], None]
    readiness: Readiness
    published: Path | None = None

    def tell_end(self) -> None:
        for failure in self.readiness.failures:
            _say(f"check failed: {failure}")
        if self.readiness.failures:
            _say("Nothing was published; readers still see what was erased. Mend it, then run")
            _say("chertlog ingest, which finishes this.")
        if self.published:
            _say(f"Published generation {int(self.published.stem)}.")


@contextmanager
def _writing(data_dir: Path | None) -> Iterator[_Run]:
    """Open the work database under the lock, and conclude as every command that writes does."""
    from chertlog.ingest import conclude, work
    from chertlog.ingest.errors import CannotRun
    from chertlog.ingest.privacy import load_key
    from chertlog.ingest.settings import load_settings
    from chertlog.ingest.work import WORK_FILE

    settings = load_settings(data_dir)
    folder = settings.data_dir
    if not (folder / WORK_FILE).exists():
        raise CannotRun(
            "there is no database here to erase from",
            where=str(folder),
            next="name the data directory: --data-dir DIR",
        )
    work.prepare(settings)

    def stage(name: str | None) -> None:
        if name and sys.stderr.isatty():
            _say(f"{name} …")

    with work.locked(folder), work.told_plainly(folder):
        with work.open_work(settings, load_key(folder)) as con:
            run = _Run(settings, con, stage, conclude.Readiness())
            yield run
            run.readiness = conclude.ready(con, folder, stage)
        run.published = conclude.complete(settings, run.readiness, stage)


def _tell(verb: str, found: list[Erased], kept: str = "") -> None:
    events = sum(each.events for each in found)
    rejected = sum(each.rejected for each in found)
    sources = max((each.sources for each in found), default=0)
    text = f"{events:,} events and {rejected:,} rejected lines {verb}"
    _say(
        f"{text}, of {sources:,} files. {kept}".rstrip() if sources else f"{text}. {kept}".rstrip()
    )


def _say(text: str) -> None:
    typer.echo(text, err=True)
