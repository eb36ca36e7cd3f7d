"""Words that all destinations share."""

from __future__ import annotations

from collections.abc import Sequence

from chertlog.queries.alerting.ledger import Entry
from chertlog.queries.alerting.rules import Alert


def link_to(alert: Alert, dashboard_url: str) -> str:
    """The page of the dashboard that shows it."""
    return f"{dashboard_url.rstrip('/')}/{alert.screen.lstrip('/')}"


def counted(began: Sequence[Entry], over: Sequence[Entry]) -> str:
    """For example: 2 new alerts, 1 over."""
    parts = []
    if began:
        parts.append(f"{len(began)} new alert{'' if len(began) == 1 else 's'}")
    if over:
        parts.append(f"{len(over)} over")
    return ", ".join(parts)
