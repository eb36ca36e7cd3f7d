"""`chertlog formats`: which formats there are, and which one a file is in.

Owns the printing. Loads nothing and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from chertlog.ingest.errors import WrongUse
from chertlog.ingest.files import READ_ERRORS, LogFile, NotText, find
from chertlog.ingest.formats import Format, detect, formats, is_truth
from chertlog.ingest.progress import shown_path
from chertlog.ingest.settings import load_settings


def print_formats() -> None:
    """Print the known formats as a table on stdout."""
    table = Table("format", "what it is", "looks like", title_justify="left")
    for known in formats(load_settings().log_formats):
        table.add_row(known.name, known.title, Text(known.example))
    Console().print(table)


def recognise_files(paths: Sequence[str]) -> bool:
    """Print the format of each file, with confidence and compression; False if any has none."""
    found, missing = find(paths)
    if missing:
        raise WrongUse("no such file or directory", where=missing[0])
    known = formats(load_settings().log_formats)
    table = Table(Column("file", overflow="fold"), "format", "understood", "compression", "why")
    table.columns[2].justify = "right"
    everything = bool(found)
    for entry in found:
        row, recognised = _row(entry.path, known)
        table.add_row(Text(shown_path(entry.path)), *row)
        everything &= recognised
    Console().print(table)
    return everything


def _row(path: Path, known: Sequence[Format]) -> tuple[list[str], bool]:
    try:
        file = LogFile(path)
        try:
            head = file.head()
        finally:
            file.close()
    except (NotText, *READ_ERRORS) as error:
        return ["none", "–", "–", str(error)], False
    if is_truth(head):
        return [
            "none",
            "–",
            file.compression,
            "the simulator's own record: ingest ignores it",
        ], True
    detected = detect(head, known)
    if detected is None:
        why = "no known format fits its first lines" if head.strip() else "it is empty"
        return ["none", "–", file.compression, why], not head.strip()
    share = f"{detected.confidence:.0%}"
    why = f"of its first {detected.lines:,} lines"
    return [detected.format.name, share, file.compression, why], True
