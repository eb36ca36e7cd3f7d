"""Options that the asking commands share, and where they look for the database.

Owns the one answer to "which data directory", so that every command reads the same one.
"""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from chertlog.queries.published import data_directory

FindDataDir = Callable[[Path | None], Path | None]

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Where the database lives (also CHERTLOG_DATA_DIR, chertlog.toml).  [./chertlog-data]",
        show_default=False,
    ),
]


class Shape(StrEnum):
    """Formats of a result."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


class StoryShape(StrEnum):
    """Formats of a trace's story."""

    text = "text"
    json = "json"


class ReportShape(StrEnum):
    """Formats of the report."""

    markdown = "markdown"
    html = "html"
    json = "json"


class _Finder:
    """How --data-dir becomes a directory; the program may put its configuration's way here."""

    find: FindDataDir | None = None


def use_finder(find: FindDataDir | None) -> None:
    """Let `find` decide which directory is read, given --data-dir (None if not given)."""
    _Finder.find = find


def data_dir_in_force(named: Path | None) -> Path:
    """The directory to read, as a path whatever names it."""
    return data_directory(find_data_dir(named))


def find_data_dir(named: Path | None) -> Path | None:
    """The directory to read; None stands for CHERTLOG_DATA_DIR, else ./chertlog-data."""
    return _Finder.find(named) if _Finder.find else named
