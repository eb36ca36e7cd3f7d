"""Writes the work database anew: without what was erased, and without the room it took.

Owns the one rewrite, and when it is due. DuckDB marks deleted rows and reuses their blocks some
day; until then the bytes stand in the file, and publication copies the file as it is. It gives back
what is free at the end of the file, no more: of 803 blocks, all but 85 free, neither a checkpoint
nor `vacuum` nor opening it again took off one (DuckDB 2.0.1).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chertlog.ingest import sql
from chertlog.ingest.erase import COMPACTION_DUE
from chertlog.ingest.errors import CannotRun
from chertlog.ingest.work import WORK_FILE, attach, scratch

if TYPE_CHECKING:
    import duckdb

    from chertlog.ingest.settings import Settings

DRAFT = ".work.duckdb.compact"
# Free blocks are used again by the next loads, so a little slack is right: `watch`, which sums busy
# hours over and over, had a sixth of its file free. A file is written anew if it is twice as
# large as what it holds, and so much of it free that the copying pays.
LOOSE_SHARE, LOOSE_BYTES = 0.5, 64 << 20
# Facts about the file itself, which the new one finds out for itself.
OF_THE_FILE = ("schema_version", "schema_sha256", "views_sha256")


def is_due(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether something was erased since the files were last written anew."""
    rows = con.execute("select 1 from store.meta where key = $key", {"key": COMPACTION_DUE})
    return rows.fetchone() is not None


@dataclass(frozen=True)
class Room:
    """Bytes of the work file that hold something, and that hold nothing."""

    used: int
    free: int

    @property
    def is_loose(self) -> bool:
        return self.free >= LOOSE_BYTES and self.free >= LOOSE_SHARE * (self.used + self.free)


def room(con: duckdb.DuckDBPyConnection) -> Room:
    """How full the work file is. Call it after a checkpoint."""
    rows = con.execute(
        "select used_blocks * block_size, free_blocks * block_size "
        "from pragma_database_size() where database_name = 'work'"
    )
    used, free = rows.fetchall()[0]
    return Room(used, free)


def sweep(data_dir: Path) -> None:
    """Remove the draft of a run that was killed."""
    for name in (DRAFT, f"{DRAFT}.wal"):
        (data_dir / name).unlink(missing_ok=True)


def compact(settings: Settings) -> None:
    """Copy the closed work database row by row, and put the copy in its place.

    Raises CannotRun, with the file as it was.
    """
    import duckdb

    from chertlog.queries.apply import apply_views, create_schema

    path = settings.data_dir / WORK_FILE
    draft = settings.data_dir / DRAFT
    wal = path.with_name(f"{WORK_FILE}.wal")
    try:
        sweep(settings.data_dir)
        with scratch(settings) as con:
            con.execute("set preserve_insertion_order = true")
            attach(con, path, "work")
            attach(con, draft, "compacted")
            con.execute("use compacted")
            create_schema(con)
            for table in _tables(con):
                con.execute(f"insert into compacted.store.{table} from work.store.{table}")
            _copy_facts(con)
            apply_views(con)
            con.execute("checkpoint compacted")
            con.execute("use memory")
            con.execute("detach compacted")
            con.execute("detach work")
        if wal.exists():  # it would be read into the new file
            raise OSError(5, "the work database could not be closed")
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    except (OSError, duckdb.IOException) as error:
        sweep(settings.data_dir)
        raise CannotRun(
            "the work database could not be written anew: what was erased is in its bytes still",
            where=str(path),
            why=(error.strerror if isinstance(error, OSError) else None) or "the disk may be full",
            next="free disk space (it needs as much again), then run chertlog ingest",
        ) from None


def settle(con: duckdb.DuckDBPyConnection) -> None:
    """Note that no file holds what was erased: it was compacted, and published alone."""
    sql.run(con, "drop_meta", key=COMPACTION_DUE)


def _tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute(
        "select table_name from duckdb_tables() where database_name = 'work' "
        "and schema_name = 'store' and table_name <> 'meta' order by table_name"
    )
    return [f'"{name}"' for (name,) in rows.fetchall()]


def _copy_facts(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        "insert into compacted.store.meta from work.store.meta where key not in ($a, $b, $c)",
        dict(zip("abc", OF_THE_FILE, strict=True)),
    )
