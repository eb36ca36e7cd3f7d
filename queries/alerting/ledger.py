"""What fires, since when, and who was told: DIR/alerts.json, from one check to the next.

Owns what is news. An alert is told once to each destination when it begins to fire and once when it
is over; a destination that could not be reached is told at the next check.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from chertlog.queries.alerting.rules import Alert
from chertlog.queries.errors import ChertlogError

NAME = "alerts.json"


@dataclass
class Entry:
    """An alert that fires, or is over (`over_at`) with somebody still to be told."""

    alert: Alert
    since: datetime
    over_at: datetime | None = None
    told: set[str] = field(default_factory=set)
    told_over: set[str] = field(default_factory=set)


@dataclass
class Ledger:
    """All entries by the alert's key, and the time of the newest data when they were written."""

    newest_at: datetime | None = None
    entries: dict[str, Entry] = field(default_factory=dict)

    def update(self, alerts: list[Alert], now: datetime) -> None:
        """Enter what fires now; what fired before and does not is over."""
        firing = {alert.key: alert for alert in alerts}
        for key, entry in self.entries.items():
            if key not in firing and entry.over_at is None:
                entry.over_at = now
        for key, alert in firing.items():
            known = self.entries.get(key)
            if known is None or known.over_at is not None:
                self.entries[key] = Entry(alert, since=now)
            else:
                known.alert = alert

    @property
    def firing(self) -> list[Entry]:
        return [entry for entry in self.entries.values() if entry.over_at is None]

    def news_for(self, destination: str) -> tuple[list[Entry], list[Entry]]:
        """What this destination has still to be told: what began, and what is over."""
        began = [entry for entry in self.firing if destination not in entry.told]
        over = [
            entry
            for entry in self.entries.values()
            if entry.over_at is not None
            and destination in entry.told
            and destination not in entry.told_over
        ]
        return began, over

    def told(self, destination: str) -> None:
        """Note that this destination knows everything."""
        began, over = self.news_for(destination)
        for entry in began:
            entry.told.add(destination)
        for entry in over:
            entry.told_over.add(destination)

    def forget_over(self) -> None:
        """Drop what is over and known to all who knew that it had begun."""
        self.entries = {
            key: entry
            for key, entry in self.entries.items()
            if entry.over_at is None or entry.told - entry.told_over
        }


def load(data_dir: Path) -> Ledger:
    """The ledger of a data directory; an empty one if there is none. Raises ChertlogError."""
    path = data_dir / NAME
    try:
        text = json.loads(path.read_text("utf-8"))
        entries = [_entry(each) for each in text["entries"]]
        return Ledger(_time(text["newest_at"]), {entry.alert.key: entry for entry in entries})
    except FileNotFoundError:
        return Ledger()
    except OSError as error:
        raise ChertlogError(
            "cannot be read", where=str(path), why=error.strerror or str(error)
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise ChertlogError(
            "cannot be understood",
            where=str(path),
            why=f"{type(error).__name__}: {error}",
            next="Remove it: what fires is then told once more.",
        ) from None


def save(ledger: Ledger, data_dir: Path) -> None:
    """Write the ledger, whole or not at all. Raises ChertlogError."""
    path = data_dir / NAME
    draft = path.with_suffix(".json.tmp")
    newest_at = ledger.newest_at
    text = {
        "newest_at": newest_at.isoformat() if newest_at else None,
        "entries": [_plain(entry) for entry in ledger.entries.values()],
    }
    try:
        with open(draft, "w", encoding="utf-8", opener=_private) as file:
            json.dump(text, file, indent=1)
        draft.replace(path)
    except OSError as error:
        raise ChertlogError(
            "cannot be written; what is told now will be told again",
            where=str(path),
            why=error.strerror or str(error),
        ) from None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _plain(entry: Entry) -> dict[str, Any]:
    plain = asdict(entry)
    plain["told"], plain["told_over"] = sorted(entry.told), sorted(entry.told_over)
    for holder, name in ((plain, "since"), (plain, "over_at"), (plain["alert"], "started_at")):
        holder[name] = holder[name].isoformat() if holder[name] else None
    return plain


def _entry(plain: dict[str, Any]) -> Entry:
    alert = Alert(**{**plain["alert"], "started_at": _time(plain["alert"]["started_at"])})
    return Entry(
        alert,
        since=datetime.fromisoformat(plain["since"]),
        over_at=_time(plain["over_at"]),
        told=set(plain["told"]),
        told_over=set(plain["told_over"]),
    )


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
