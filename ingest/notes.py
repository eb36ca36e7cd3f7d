"""What is kept of a file that was offered and not loaded.

Owns one row of `store.source` per path and result: offering the file again only renews it, so that
a nightly run over the same directory changes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chertlog.ingest import sql
from chertlog.ingest.files import LogFile, path_text

if TYPE_CHECKING:
    import duckdb


def note(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    status: str,
    reason: str,
    run_no: int,
    file: LogFile | None = None,
) -> None:
    """Keep or renew the row."""
    facts = {"path": path_text(path), "status": status, "reason": reason}
    if sql.run(con, "renew_note", **facts).fetchall():
        return
    mark_changed(con)  # first: a run that is killed in between publishes once too often, not never
    sql.run(
        con,
        "insert_note",
        **facts,
        file_bytes=file.file_bytes if file else None,
        compression=file.compression if file else None,
        run_no=run_no,
    )


def mark_changed(con: duckdb.DuckDBPyConnection) -> None:
    """Say that the database says something new, so that it is published."""
    number = (sql.value(con, "content_no") or 0) + 1
    set_meta(con, "content_no", str(number))


def set_meta(con: duckdb.DuckDBPyConnection, key: str, value: str | None) -> None:
    """Write a fact about the database, in one statement: a run may be killed behind any; None
    removes it."""
    if value is None:
        sql.run(con, "drop_meta", key=key)
    else:
        sql.run(con, "set_meta", key=key, value=value)
