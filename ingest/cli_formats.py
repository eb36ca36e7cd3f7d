"""`chertlog formats`: which formats there are, which one a file is in, and what would become of it.

Owns the command and its printing. Loads nothing and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chertlog.queries.clean_text import clean_line
from chertlog.queries.cli_errors import friendly

if TYPE_CHECKING:
    from chertlog.ingest.formats import Format
    from chertlog.ingest.preview import Preview, Previewer
    from chertlog.ingest.settings import Settings

SHOWN = 3


def formats(
    file: Annotated[
        list[str] | None, typer.Argument(help="A file to recognise; nothing is loaded.")
    ] = None,
    format_name: Annotated[
        str | None,
        typer.Option("--format", metavar="NAME", help="Read it as this, whatever it looks like."),
    ] = None,
    shown: Annotated[
        int, typer.Option("--rows", min=0, help="Events and rejected lines to show of each file.")
    ] = SHOWN,
) -> None:
    """List the log formats, or say which one a file is in and what its first lines become.

    Example: chertlog formats /var/log/nginx/access.log
    """
    with friendly():
        from chertlog.ingest.settings import load_settings

        settings = load_settings()
        if not file:
            print_formats(settings)
        elif not print_files(file, settings, format_name, shown):
            raise typer.Exit(1)


def print_formats(settings: Settings) -> None:
    """Print the known formats as a table on stdout."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from chertlog.ingest.formats import formats as known_formats
    from chertlog.ingest.wrapper import wrappers

    table = Table("format", "what it is", title_justify="left")
    for known in known_formats(settings.log_formats, settings.field_maps):
        table.add_row(Text(known.name), Text(known.title))
    Console().print(table)
    around = Table("wrapper", "what it is, around any of them", title_justify="left")
    for layer in wrappers():
        around.add_row(Text(layer.name), Text(layer.title))
    Console().print(around)


def print_files(
    paths: Sequence[str], settings: Settings, format_name: str | None, shown: int
) -> bool:
    """Print what each file is and becomes; False if any has no format."""
    from chertlog.ingest.detection import named
    from chertlog.ingest.errors import WrongUse
    from chertlog.ingest.files import find
    from chertlog.ingest.formats import formats as known_formats
    from chertlog.ingest.preview import Previewer

    found, missing = find(paths)
    if missing:
        raise WrongUse("no such file or directory", where=missing[0])
    known = known_formats(settings.log_formats, settings.field_maps)
    override = named(known, format_name) if format_name else None
    previewer = Previewer(settings.time_zone)
    try:
        recognised = [_print_file(e.path, known, override, previewer, shown) for e in found]
    finally:
        previewer.close()
    return bool(found) and all(recognised)


def _print_file(
    path: Path, known: Sequence[Format], override: Format | None, previewer: Previewer, shown: int
) -> bool:
    from chertlog.ingest.blocks import MAX_LINE_BYTES
    from chertlog.ingest.detection import detect, is_truth, why_unknown
    from chertlog.ingest.files import READ_ERRORS, LogFile, NotText
    from chertlog.ingest.progress import shown_path

    name = shown_path(path)
    try:
        file = LogFile(path)
    except (NotText, *READ_ERRORS) as error:
        typer.echo(f"{name}\n  format      none: {clean_line(str(error))}\n")
        return False
    try:
        head = file.head()
        if is_truth(head):
            typer.echo(f"{name}\n  format      none: the simulator's own record, never loaded\n")
            return True
        detected = detect(head, known, override)
        if detected is None:
            why = why_unknown(head, known) if head.strip() else "it holds nothing"
            typer.echo(f"{name}\n  format      none: {why}\n")
            return not head.strip()
        if any(layer.name == "document" for layer in detected.format.wrappers):
            head = file.stream().read(MAX_LINE_BYTES)  # whole documents, where they are long
        preview = previewer.of(file, head, detected, shown)
    except (NotText, *READ_ERRORS) as error:
        typer.echo(f"{name}\n  format      none: {clean_line(str(error))}\n")
        return False
    finally:
        file.close()
    typer.echo(name)
    typer.echo(f"  format      {detected.format.name}: {detected.format.title}")
    typer.echo(f"  confidence  {detected.confidence:.0%}, {detected.reason}")
    if file.compression != "none":
        typer.echo(f"  compressed  {file.compression}")
    _print_preview(preview, is_all=len(head) == file.file_bytes)
    return True


def _print_preview(preview: Preview, *, is_all: bool) -> None:
    which = "lines" if is_all else "first lines"
    listed = ", ".join(f"{reason} {lines:,}" for reason, lines in preview.reasons)
    typer.echo(
        f"  becomes     {preview.lines:,} {which} = {preview.events:,} events + "
        f"{preview.rejected:,} rejected + {preview.blank:,} blank"
        + (f" ({listed})" if listed else "")
    )
    for row in preview.first_events:
        typer.echo(f"  event       {_in_words(row)}")
    for row in preview.first_rejected:
        typer.echo(f"  rejected    {_in_words(row)}")
    typer.echo()


def _in_words(row: dict[str, Any]) -> str:
    number, rest = row["line_number"], {n: v for n, v in row.items() if n != "line_number"}
    return f"line {number}: " + ", ".join(f"{n}={clean_line(str(v))}" for n, v in rest.items())
