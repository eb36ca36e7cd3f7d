"""What a run shows on the terminal while it works, and says when it is done.

Owns: progress bar and summary, on stderr. Results never go here. Paths come from outside, so they
are shown without their control characters and never as markup.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)
from rich.table import Table

if TYPE_CHECKING:
    from chertlog.ingest.batches import Outcome
    from chertlog.ingest.prune import Overdue
    from chertlog.ingest.run import Summary

SHOWN = 12  # files listed by name before the rest is only counted


def shown_path(path: Path | str) -> str:
    """A path as it may be printed: control characters and undecodable bytes made visible."""
    text = str(path).encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class Bar:
    """A progress bar for one run; on anything but a terminal it stays silent."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<12}"),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._progress.add_task("opening", total=None)
        self._positions: dict[Path, int] = {}
        self._completed = 0

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def stage(self, text: str) -> None:
        self._progress.update(self._task, description=text)

    def files(self, count: int, total_bytes: int) -> None:
        self._progress.update(self._task, total=total_bytes or None)

    def read(self, path: Path, position: int) -> None:
        self._completed += position - self._positions.get(path, 0)
        self._positions[path] = position
        self._progress.update(self._task, completed=self._completed)


def print_summary(console: Console, summary: Summary, *, timings: bool, quiet: bool) -> None:
    """Say what a run did: one line when all is well, more where a person is needed."""
    refused = [o for o in summary.outcomes if o.status == "refused"]
    if not quiet or summary.exit_code:
        console.print(_headline(summary), soft_wrap=True, highlight=False)
        _list(console, "refused", refused)
        if not quiet:
            _list(console, "note", [o for o in summary.outcomes if o.status == "growing"])
        for failure in summary.failures:
            console.print(f"check failed: {failure}", markup=False, soft_wrap=True, highlight=False)
        if summary.failures:
            console.print("Nothing was published; readers keep the generation before.")
        if summary.nothing_found:
            console.print("No log file was found there. Check the path, or name a file.")
    if summary.overdue:
        console.print(_overdue(summary.overdue), soft_wrap=True, highlight=False)
    if timings:
        console.print(_timings(summary))


def _headline(summary: Summary) -> str:
    loaded = summary.count("loaded", "grown", "growing", "empty")
    known = summary.count("already loaded")
    parts = [f"{loaded:,} {_plural(loaded, 'file')} loaded"]
    if known:
        parts.append(f"{known:,} already loaded")
    if ignored := summary.count("ignored"):
        parts.append(f"{ignored:,} ignored")
    if refused := summary.count("refused"):
        parts.append(f"[bold red]{refused:,} refused[/]")
    text = ", ".join(parts) + "."
    if summary.lines:
        text += (
            f" {summary.lines:,} lines = {summary.events:,} events + {summary.rejected:,} rejected"
            f" + {summary.blank:,} blank + {summary.duplicates:,} duplicates."
        )
    if summary.erased:
        text += (
            f" {summary.erased:,} lines left out or removed: forgotten, or over the limit of days."
        )
    if summary.published:
        text += f" Published generation {int(summary.published.stem)} in {summary.seconds:.1f} s."
    elif not summary.failures:
        text += " Nothing new to publish."
    return text


def _overdue(found: Overdue) -> str:
    return (
        f"{found.events:,} events are older than {found.keep_days} days, the oldest of "
        f"{found.oldest_at:%Y-%m-%d}. To remove them: chertlog prune. To have ingest remove them: "
        "keep_days in chertlog.toml. To keep them longer: retention_days there."
    )


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"


def _list(console: Console, label: str, outcomes: list[Outcome]) -> None:
    for outcome in outcomes[:SHOWN]:
        text = outcome.reason or "its last line is not finished; it is read once it is"
        console.print(
            f"  {label}: {escape(shown_path(outcome.path))}: {escape(text)}",
            soft_wrap=True,
            highlight=False,
        )
    if len(outcomes) > SHOWN:
        console.print(f"  … and {len(outcomes) - SHOWN:,} more; see: chertlog sql sources")


def _timings(summary: Summary) -> Table:
    table = Table("stage", "seconds", "share", title="Where the time went", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for stage, seconds in summary.timings.items():
        share = seconds / summary.seconds if summary.seconds else 0
        table.add_row(stage, f"{seconds:.2f}", f"{share:.0%}")
    return table
