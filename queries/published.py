"""Finds the database that readers may open: DIR/chertlog.duckdb and the generation behind it.

Owns the names in a data directory and the refusal of one that cannot be read. Opens nothing.
"""

import os
from pathlib import Path

from chertlog.queries.errors import NoDatabase

NAME = "chertlog.duckdb"
DEFAULT_DATA_DIR = "chertlog-data"


def data_directory(named: str | Path | None = None) -> Path:
    """The data directory that is meant: `named`, else CHERTLOG_DATA_DIR, else ./chertlog-data."""
    return Path(named or os.environ.get("CHERTLOG_DATA_DIR") or DEFAULT_DATA_DIR).expanduser()


def published_database(location: str | Path | None = None) -> Path:
    """The immutable file that `location` stands for now, with links resolved.

    `location` is a data directory or a database file; without one, CHERTLOG_DATA_DIR, else
    ./chertlog-data. A publication moves the link to a new generation, so a reader resolves
    again before it opens again: DuckDB keeps one database per path inside a process.

    Raises NoDatabase if nothing has been published there.
    """
    path = data_directory(location)
    if path.is_dir():
        path = path / NAME
    try:
        return path.resolve(strict=True)
    except OSError as error:
        raise no_database(path, why=error.strerror or "") from None


def no_database(path: Path, why: str = "") -> NoDatabase:
    """The error that says how to get a database."""
    return NoDatabase(
        "no database yet",
        where=str(path),
        why="" if why == "No such file or directory" else why,
        next="To load logs, run: chertlog ingest PATH",
    )
