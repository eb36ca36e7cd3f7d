"""One check: what fires now, who is told, and what is kept of it until the next.

Owns that order, and that one check at a time tells people.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from chertlog.queries.alerting.destinations import AlertSettings, tell_all
from chertlog.queries.alerting.ledger import Entry, Ledger, load, save
from chertlog.queries.alerting.rules import evaluate, horizon
from chertlog.queries.database import connect
from chertlog.queries.errors import ChertlogError

LOCK = "alerts.lock"


@dataclass(frozen=True)
class Checked:
    """What fires, and which destinations could not be told, with the reason."""

    firing: list[Entry]
    unreached: dict[str, str] = field(default_factory=dict)


def check_once(data_dir: Path, settings: AlertSettings, *, deliver: bool) -> Checked:
    """Ask all rules of the published database; with `deliver`, tell people what is new.

    Raises NoDatabase, and ChertlogError if what was told cannot be kept.
    """
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    with connect(data_dir) as db, _alone(data_dir, needed=deliver):
        ledger = load(data_dir)
        newest_at = db.rows("select newest_event_at from freshness")[0]["newest_event_at"]
        ledger.update(evaluate(db, data_dir, horizon(newest_at, ledger.newest_at, now), now), now)
        unreached = {}
        if deliver:
            ledger.newest_at = newest_at
            unreached = {name: why for name, why in tell_all(settings, ledger, now) if why}
            _keep(ledger, data_dir)
    return Checked(ledger.firing, unreached)


def _keep(ledger: Ledger, data_dir: Path) -> None:
    ledger.forget_over()
    save(ledger, data_dir)


@contextmanager
def _alone(data_dir: Path, *, needed: bool) -> Iterator[None]:
    """A second check waits its turn."""
    if not needed:
        yield
        return
    try:
        handle = os.open(data_dir / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ChertlogError(
            "what was told cannot be kept here",
            where=str(data_dir),
            why=error.strerror or str(error),
            next="Run this as the user who ingests, or with --no-deliver.",
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
