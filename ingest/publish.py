"""From the work database to a published generation that readers open undisturbed.

Owns: the checks before, the copy, the atomic switch of the `chertlog.duckdb` link, and the removal
of old generations. A reader that is open keeps its generation; a new reader sees the new one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from chertlog.ingest.errors import CannotRun
from chertlog.ingest.modes import READABLE
from chertlog.ingest.work import GENERATIONS, WORK_FILE

if TYPE_CHECKING:
    import duckdb

    from chertlog.queries.checking import Failure

PUBLISHED = "chertlog.duckdb"
KEPT = 2
CHUNK = 16 << 20


def is_due(con: duckdb.DuckDBPyConnection, data_dir: Path) -> bool:
    """Whether the work database says something that the published one does not."""
    import duckdb

    link = data_dir / PUBLISHED
    wanted = _content_no(con, "work")
    if wanted is None:
        return False  # nothing was ever loaded
    try:
        current = duckdb.connect(str(link.resolve(strict=True)), read_only=True)
    except (OSError, duckdb.Error):
        return True
    with current:
        return _content_no(current, None) != wanted


def _content_no(con: duckdb.DuckDBPyConnection, catalog: str | None) -> str | None:
    table = f"{catalog}.store.meta" if catalog else "store.meta"
    row = con.execute(f"select value from {table} where key = 'content_no'").fetchone()
    return row[0] if row else None


def checked(con: duckdb.DuckDBPyConnection) -> list[Failure]:
    """Bring views up to date, run the data checks, and write everything to the file itself."""
    from chertlog.queries.apply import apply_views
    from chertlog.queries.checking import run_checks

    apply_views(con)
    failures = run_checks(con)
    con.execute("checkpoint work")
    return failures


def publish(
    data_dir: Path,
    *,
    group: int = -1,
    kept: int = KEPT,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Path:
    """Copy the closed work database to the next generation and switch to it. Returns its path.

    `kept` generations stay, this one among them; `group` may read it. Raises CannotRun, with the
    previous generation still in force.
    """
    work = data_dir / WORK_FILE
    folder = data_dir / GENERATIONS
    target = folder / f"{_next_number(folder):06}.duckdb"
    draft = target.with_suffix(".tmp")
    try:
        _copy(work, draft, group, on_progress)
        _verify(draft)
        draft.rename(target)
        _switch(data_dir, target)
        _sync(folder)
        _sync(data_dir)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise CannotRun(
            "the new generation could not be written; readers keep the one before",
            where=str(target),
            why=error.strerror or str(error),
            next="free disk space (a generation needs as much as work.duckdb), or remove old days "
            "(chertlog prune --keep-days N), then run this again",
        ) from None
    _prune(folder, target, kept)
    _sync(folder)
    return target


def drop_earlier(data_dir: Path) -> None:
    """Remove all generations but the one that readers see."""
    link = data_dir / PUBLISHED
    if link.exists():
        folder = data_dir / GENERATIONS
        _prune(folder, link.resolve(), 1)
        _sync(folder)


def _next_number(folder: Path) -> int:
    numbers = [int(path.stem) for path in folder.glob("*.duckdb") if path.stem.isdigit()]
    return max(numbers, default=0) + 1


def _copy(source: Path, target: Path, group: int, on_progress: Callable[[int, int], None]) -> None:
    total = source.stat().st_size
    need, free = total, shutil.disk_usage(target.parent).free
    if free < need:
        raise OSError(28, f"{need:,} bytes are needed, {free:,} are free")
    with source.open("rb") as read, target.open("wb") as write:
        if group != -1:
            os.fchown(write.fileno(), -1, group)
        os.fchmod(write.fileno(), READABLE)
        done = 0
        while sent := os.copy_file_range(read.fileno(), write.fileno(), CHUNK):
            done += sent
            on_progress(done, total)
        write.flush()
        os.fsync(write.fileno())


def _verify(path: Path) -> None:
    """Open the copy as a reader would, and count a table."""
    import duckdb

    try:
        with duckdb.connect(str(path), read_only=True) as con:
            con.execute("select count(*) from store.source").fetchone()
    except duckdb.Error as error:
        raise OSError(5, f"the copy cannot be read: {error}") from None


def _switch(data_dir: Path, target: Path) -> None:
    draft = data_dir / f".{PUBLISHED}.new"  # what a killed run left is taken away first
    draft.unlink(missing_ok=True)
    draft.symlink_to(target.relative_to(data_dir))
    draft.replace(data_dir / PUBLISHED)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _prune(folder: Path, newest: Path, kept: int) -> None:
    """Keep the newest generations; drafts of killed runs go too."""
    for draft in folder.glob("*.tmp*"):
        if not draft.is_dir():  # a reader's spill, gone with the reader
            draft.unlink(missing_ok=True)
    older = sorted(folder.glob("[0-9]*.duckdb"))
    for path in older[:-kept]:
        if path != newest:
            path.unlink(missing_ok=True)
