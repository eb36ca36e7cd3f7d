"""The command `export`: a view to a file, or to a lake of Parquet.

Owns its arguments and its progress bar; the writing is `exporting`'s business.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from chertlog.queries.cli_errors import friendly, note
from chertlog.queries.cli_options import DataDir, data_dir_in_force
from chertlog.queries.cli_times import length, moment


def export(
    view: Annotated[str, typer.Argument(help="A view: chertlog views lists them.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="FILE.parquet, .csv, .json (a line a row) or .xlsx."),
    ] = None,
    lake: Annotated[
        Path | None,
        typer.Option(help="Directory for Parquet in VIEW/day=…/surface=…/; whole days, replaced."),
    ] = None,
    since: Annotated[
        str, typer.Option(help="From: 90m, 24h, 7d before the newest data, a date or time, or all.")
    ] = "all",
    until: Annotated[
        str | None, typer.Option(help="Up to, not including: a date or time, UTC.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Write a view to a file that other programs read.

    In CSV and Excel no cell can be taken for a formula. A lake is what DuckDB, Spark, Polars and
    others read as one table, a day at a time.

    \b
    Example:
      chertlog export responses -o day.parquet --since 24h
      chertlog export client_conduct -o conduct.xlsx
      chertlog export events --lake /srv/lake --since 2026-11-21 --until 2026-11-22
    """
    with friendly():
        from chertlog.queries.exporting import Stretch, export_file, export_lake

        if (output is None) == (lake is None):
            raise typer.BadParameter("say where to: --output FILE or --lake DIR")
        folder = data_dir_in_force(data_dir)
        stretch = Stretch(_since(since, folder), moment(until, "--until") if until else None)
        with _progress(view) as on_progress:
            if output is not None:
                count = export_file(folder, view, output, stretch, on_progress)
            else:
                assert lake is not None
                count = export_lake(folder, view, lake, stretch, on_progress)
        note(f"{count:,} row{'' if count == 1 else 's'} of {view}, in {output or lake}")


def _since(text: str, folder: Path) -> datetime | None:
    from chertlog.queries.database import connect

    if text[:4].isdigit() and "-" in text:
        return moment(text, "--since")
    span = length(text, "--since")
    if span is None:
        return None
    with connect(folder) as db:
        newest: datetime | None = db.rows("select newest_event_at as at from freshness")[0]["at"]
    return newest - span if newest else None


@contextmanager
def _progress(view: str) -> Iterator[Callable[[float], None]]:
    """A bar on stderr, if that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(f"exporting {view}", total=100)
        yield lambda percent: bar.update(task, completed=percent)
