"""Finds responses where nobody has a trace_id: by tenant, recipient, time and code.

Owns the question, and the limit on how many numbers may be looked up: whoever can look up any
number can find out who was written to. Numbers are never kept: the record has their pseudonyms.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from chertlog.queries import audit
from chertlog.queries.database import Connection
from chertlog.queries.errors import ChertlogError, QueryLimit
from chertlog.queries.moments import EARLIEST, LATEST
from chertlog.queries.pseudonyms import pseudonym_of_recipient

MOST = 50  # rows; more is a question in SQL
LOOKUPS_PER_HOUR = 60


@dataclass(frozen=True)
class Wanted:
    """What somebody remembers; None is not known. Times are naive UTC."""

    tenant: str | None = None
    recipient: str | None = None
    code: int | None = None
    errors: bool = False
    around: datetime | None = None
    within: timedelta = timedelta(minutes=15)


def find(
    db: Connection, data_dir: Path, wanted: Wanted, *, door: str, who: str | None = None
) -> list[dict[str, Any]]:
    """At most MOST responses, those nearest to `around` first, or the newest.

    `door` and `who` are for the record (see `audit`). Raises QueryLimit if too many numbers were
    looked up within the hour, ChertlogError if this account may not look numbers up.
    """
    pseudonym = None
    if wanted.recipient:
        _within_limit(data_dir)
        pseudonym = pseudonym_of_recipient(wanted.recipient, data_dir)
        if pseudonym is None:
            raise ChertlogError(
                "this account cannot look numbers up",
                where=str(data_dir / "pseudonym.key"),
                why="numbers are found by a keyed hash, and its key is for who ingests",
                next="ask without --recipient, or as that account",
            )
    audit.record(
        db.path, "find", door=door, who=who,
        tenant=wanted.tenant, recipient=pseudonym, code=wanted.code,
    )  # fmt: skip
    from_at, to_at = EARLIEST, LATEST
    if wanted.around is not None:
        from_at, to_at = wanted.around - wanted.within, wanted.around + wanted.within
    query = (files("chertlog.queries") / "questions" / "find" / "responses.sql").read_text("utf-8")
    return db.rows(
        query,
        {
            "tenant": wanted.tenant,
            "recipient": pseudonym,
            "code": wanted.code,
            "errors": wanted.errors,
            "from_at": from_at,
            "to_at": to_at,
            "around": wanted.around or LATEST,
            "most": MOST,
        },
    )


def _within_limit(data_dir: Path) -> None:
    """Count the look-ups of the last hour in the record, which every door writes."""
    since = datetime.now(UTC) - timedelta(hours=1)
    count = 0
    for path in sorted(data_dir.glob(f"{audit.NAME}*")):
        try:
            lines = path.read_text("utf-8").splitlines()
        except OSError:
            continue  # what cannot be read cannot be written either: no record, no limit
        for line in reversed(lines):
            entry = json.loads(line)
            if datetime.fromisoformat(entry["at"]) < since:
                break
            count += entry.get("did") == "find" and entry.get("recipient") is not None
    if count >= LOOKUPS_PER_HOUR:
        raise QueryLimit(
            f"{LOOKUPS_PER_HOUR} numbers were looked up within the last hour",
            why="who can look up any number finds out who was written to",
            next="wait, or ask without --recipient",
        )
