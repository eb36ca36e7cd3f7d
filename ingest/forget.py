"""`chertlog forget`: erases one person or tenant everywhere, and keeps them out.

Owns the list of the forgotten, `DIR/forgotten.jsonl`. It stands beside the database, not in it: a
database that is built anew from the logs must not bring anybody back. It holds keyed hashes, no
name and no number. `ingest` reads it too, so what was interrupted is finished by the next run.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chertlog.ingest import sql
from chertlog.ingest.erase import Erased, erase_forgotten
from chertlog.ingest.errors import CannotRun, WrongUse
from chertlog.queries.transactions import transaction

if TYPE_CHECKING:
    import duckdb

LIST = "forgotten.jsonl"
_PSEUDONYM = re.compile(r"r_[0-9a-f]{16}")


@dataclass(frozen=True)
class Forgotten:
    """One person or tenant, by keyed hash, and up to when."""

    kind: str
    hash: int
    until_at: datetime

    def line(self) -> str:
        until = self.until_at.isoformat(timespec="seconds")
        return json.dumps({"kind": self.kind, "hash": f"{self.hash:016x}", "until_at": until})


def name_tenant(con: duckdb.DuckDBPyConnection, tenant: str) -> Forgotten:
    """A tenant by its id. Raises WrongUse for one that is never stored as it is."""
    stored = _value(con, "select redact($name)", tenant)
    if not stored or stored != tenant:
        raise WrongUse(
            "this tenant_id is not stored as it is: it looks like personal data, and was replaced",
            why="so it cannot be told from others that look alike",
            next="prune removes it with its time; or load the logs anew without it",
        )
    return _forgotten(con, "tenant", tenant)


def name_recipient(con: duckdb.DuckDBPyConnection, number: str) -> Forgotten:
    """A person by number or address in any spelling, or by pseudonym (r_ and 16 hex digits)."""
    text = number.strip()
    if _PSEUDONYM.fullmatch(text):
        pseudonym = int(text[2:], 16)
    elif "@" in text or len(re.sub(r"\D", "", text)) >= 7:
        pseudonym = _value(con, "select pseudonym($name)", text)
    else:  # the text itself is not repeated: it may be somebody's
        raise WrongUse(
            "that is no number",
            why="it has fewer than seven digits and no @",
            next="give it with its country code: chertlog forget --recipient '+1 202 555 0143'",
        )
    return _forgotten(con, "recipient", str(pseudonym))


def remember(data_dir: Path, entry: Forgotten) -> None:
    """Add to the list of the forgotten, and make sure that it is on the disk."""
    path = data_dir / LIST
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        whole = file.read().rpartition(b"\n")
        file.seek(len(whole[0] + whole[1]))  # half a line is of a run that was killed
        file.truncate()
        file.write(entry.line().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def catch_up(con: duckdb.DuckDBPyConnection, data_dir: Path) -> Erased:
    """Erase those of the list that this database has not erased yet.

    Raises CannotRun if the list cannot be read, or was made with another key.
    """
    listed = _read(data_dir / LIST, str(_value(con, "select getvariable('key_id')")))
    missing = sql.run(
        con,
        "missing_tombstones",
        kinds=[entry.kind for entry in listed],
        hashes=[entry.hash for entry in listed],
        untils=[entry.until_at for entry in listed],
    ).fetchall()
    if not missing:
        return Erased()
    with transaction(con):
        for kind, hash_, until_at in missing:
            sql.run(con, "insert_tombstone", kind=kind, hash=hash_, until_at=until_at)
        erased = erase_forgotten(con)
        if erased.events:
            sql.run(con, "drop_meta", key="computed_with")
    return erased


def preview(con: duckdb.DuckDBPyConnection, entry: Forgotten) -> Erased:
    """What would be erased. Changes nothing."""
    con.begin()
    try:
        sql.run(con, "insert_tombstone", kind=entry.kind, hash=entry.hash, until_at=entry.until_at)
        return erase_forgotten(con)
    finally:
        con.rollback()


def _forgotten(con: duckdb.DuckDBPyConnection, kind: str, name: str) -> Forgotten:
    hash_ = int(_value(con, f"select tombstone_hash('{kind}', $name)", name))
    until_at = datetime.now(UTC).replace(tzinfo=None, microsecond=0) + timedelta(seconds=1)
    return Forgotten(kind, hash_, until_at)


def _read(path: Path, key_id: str) -> list[Forgotten]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise CannotRun(
            "the list of the forgotten cannot be read",
            where=str(path),
            why=error.strerror or str(error),
            next="give this user read access to it: without it, people could come back",
        ) from None
    found: list[Forgotten] = []
    for number, line in enumerate(lines, 1):
        try:
            entry = json.loads(line)
            until_at = datetime.fromisoformat(entry["until_at"])
            found.append(Forgotten(entry["kind"], int(entry["hash"], 16), until_at))
        except (ValueError, KeyError, TypeError):
            if number == len(lines):
                break  # the last line of a run that was killed while it wrote: it said so, too
            raise CannotRun(
                "the list of the forgotten is damaged",
                where=f"{path}, line {number}",
                next="restore it from a backup: without it, people could come back",
            ) from None
    if any(f"{entry.hash:016x}"[:2] != key_id for entry in found):
        raise CannotRun(
            "the list of the forgotten was made with another key",
            where=str(path),
            why="so nobody on it would be recognised, and they would come back",
            next="restore the key; after a change of keys, see docs/privacy.md",
        )
    return found


def _value(con: duckdb.DuckDBPyConnection, query: str, name: str | None = None) -> Any:
    rows = con.execute(query, {} if name is None else {"name": name}).fetchall()
    return rows[0][0]
