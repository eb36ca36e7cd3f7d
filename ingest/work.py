"""The work database: the writer's private file, and the directory around it.

Owns: opening `DIR/work.duckdb` with the right settings, the lock that keeps a second ingest out,
and permissions. Readers never open this file.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chertlog.ingest.errors import CannotRun, ChertlogError, WrongUse
from chertlog.ingest.modes import ENTERED, LISTED, PRIVATE, READABLE, grant, group_number, is_ours
from chertlog.ingest.notes import mark_changed
from chertlog.ingest.privacy import Key, install
from chertlog.ingest.settings import Settings

if TYPE_CHECKING:
    import duckdb

WORK_FILE = "work.duckdb"
GENERATIONS = "generations"
SPILL = "tmp"
# Lets DuckDB clients from 1.2 on open what 2.x wrote; costs nothing measurable (95 vs 94 MB).
STORAGE_VERSION = "v1.2.0"


def prepare(settings: Settings) -> None:
    """Create the data directory, and see to who may enter it.

    Raises CannotRun where it cannot be written, WrongUse for a group that cannot be given.
    """
    data_dir = settings.data_dir
    try:
        ours = is_ours(data_dir)
        data_dir.mkdir(parents=True, exist_ok=True)
        generations = data_dir / GENERATIONS
        generations.mkdir(exist_ok=True)
        probe = data_dir / ".probe"  # one name: a run that is killed here leaves one at most
        probe.touch()
        probe.unlink(missing_ok=True)
    except OSError as error:
        raise CannotRun(
            "the data directory cannot be written",
            where=str(data_dir),
            why=error.strerror or str(error),
            next="choose another with --data-dir, or give this user write access",
        ) from None
    group = group_number(settings.group)
    if ours:
        grant(data_dir, ENTERED, group)
    grant(generations, LISTED, group)
    for path in generations.glob("[0-9]*.duckdb"):
        grant(path, READABLE, group)


@contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Keep other ingests out for the length of a block. Raises CannotRun if one is running.

    The kernel drops the lock with the process, so a killed run leaves no stale lock behind. Files
    that are made inside, by DuckDB too, are for this account alone, whatever its umask.
    """
    path = data_dir / "ingest.lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(handle)
        raise CannotRun(
            "another ingest is running",
            where=str(data_dir),
            why=f"process {holder} holds the lock",
            next="wait for it to finish, then run this again",
        ) from None
    mask = os.umask(0o077)
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.umask(mask)
        os.ftruncate(handle, 0)
        os.close(handle)


@contextmanager
def told_plainly(data_dir: Path) -> Iterator[None]:
    """Turn what DuckDB raises into CannotRun without its text, which may quote a log line.

    With CHERTLOG_DEBUG set the error passes as it is.
    """
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        if os.environ.get("CHERTLOG_DEBUG"):
            raise
        text = str(error)
        if isinstance(error, duckdb.OutOfMemoryException):
            why, then = "it needs more memory than it may use", "set a larger memory_limit"
        elif "No space left" in text:
            why, then = "the disk is full", "free disk space"
        elif isinstance(error, duckdb.IOException):
            why, then = "a file in the data directory cannot be read or written", "check the disk"
        else:
            why = f"DuckDB reports {type(error).__name__}, which chertlog did not expect"
            then = "this is a fault of chertlog: please report it"
        raise CannotRun(
            "the load was stopped; nothing of its last batch was kept",
            where=str(data_dir),
            why=why,
            next=f"{then}, then run this again (CHERTLOG_DEBUG=1 shows DuckDB's own words)",
        ) from None


@contextmanager
def open_work(settings: Settings, key: Key) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the work database, made on first use, with schema, seeds and redaction macros in place.

    Only inside `locked`. Raises CannotRun for a database of another schema, SchemaTooOld or
    SchemaTooNew likewise.
    """
    import duckdb

    path = settings.data_dir / WORK_FILE
    with scratch(settings) as con:
        try:
            attach(con, path, "work")
        except duckdb.Error as error:
            raise CannotRun(
                "the work database cannot be opened",
                where=str(path),
                why=str(error).splitlines()[0],
                next="if the file is damaged, move it away and ingest the logs again",
            ) from None
        path.chmod(PRIVATE)
        con.execute("use work")
        _prepare(con, path, settings, key)
        install(con, key)
        con.execute("set variable time_zone = $1", [settings.time_zone])
        yield con


@contextmanager
def scratch(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of the writer's, without a database yet: limits, spill, how to compress."""
    import duckdb

    spill = settings.data_dir / SPILL
    shutil.rmtree(spill, ignore_errors=True)  # of a run that was killed
    spill.mkdir(mode=0o700)
    con = duckdb.connect(":memory:")
    try:
        con.execute("set enable_progress_bar = false")
        con.execute("set preserve_insertion_order = false")
        # FSST made the file a tenth larger and the load a tenth slower than a dictionary alone.
        con.execute("set disabled_compression_methods = 'fsst'")
        # Rows go to the file as row groups fill, by all threads, not at the commit by one.
        con.execute("set write_buffer_row_group_count = 1")
        con.execute("set wal_autocheckpoint = '2GB'")
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"set memory_limit = '{_size(settings.memory_limit)}'")
        con.execute("set temp_directory = $spill", {"spill": str(spill)})
        if settings.threads:
            con.execute(f"set threads = {settings.threads}")
        yield con
    finally:
        con.close()
        shutil.rmtree(spill, ignore_errors=True)


def attach(con: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    """Attach a database file, made if there is none."""
    quoted = str(path).replace("'", "''")
    con.execute(f"attach '{quoted}' as {name} (storage_version '{STORAGE_VERSION}')")


def _size(text: str) -> str:
    import re

    if not re.fullmatch(r"[0-9.]+ ?[KMGT]i?B", text):
        raise WrongUse(f"memory_limit {text!r} is no size", next="for example: 800MB")
    return text


def _prepare(con: duckdb.DuckDBPyConnection, path: Path, settings: Settings, key: Key) -> None:
    from chertlog.queries.apply import create_schema, load_seeds
    from chertlog.queries.database import require_schema

    fresh = con.execute(
        "select count(*) = 0 from duckdb_tables() "
        "where database_name = 'work' and schema_name = 'store'"
    ).fetchone() == (True,)
    if not fresh:
        require_schema(con, str(path))
    create_schema(con)
    values = "select parameter, value from store.parameter order by parameter"
    before = con.execute(values).fetchall()
    try:
        load_seeds(con, settings.parameters)
    except ChertlogError as error:
        raise WrongUse(error.what, where="[parameters]", next=error.next) from None
    if before and (
        before
        != con.execute("select parameter, value from store.parameter order by all").fetchall()
    ):
        mark_changed(con)
    # Line hashes and pseudonyms of one database must come from one function and one key.
    probe = con.execute("select hash('chertlog')::varchar").fetchone()
    assert probe is not None
    _require_same(
        con,
        path,
        "hash_probe",
        probe[0],
        "this DuckDB hashes differently than the one that wrote it",
    )
    _require_same(con, path, "key_id", key.key_id, "its pseudonyms were made with another key")


def _require_same(
    con: duckdb.DuckDBPyConnection, path: Path, name: str, value: str, why: str
) -> None:
    stored = con.execute(
        "select value from store.meta where key = $name", {"name": name}
    ).fetchone()
    if stored is None:
        con.execute("insert into store.meta values ($name, $value)", {"name": name, "value": value})
    elif stored[0] != value:
        raise CannotRun(
            "new lines would not fit what the work database holds",
            where=str(path),
            why=why,
            next="restore what was used before, or ingest the logs again into another --data-dir",
        )
