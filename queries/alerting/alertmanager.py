"""Prometheus Alertmanager, by version 2 of its API: POST /api/v2/alerts.

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from chertlog.queries.alerting.http import post_json
from chertlog.queries.alerting.ledger import Entry
from chertlog.queries.alerting.words import link_to

# Without an end an alert is over after five minutes; a nightly check must last until the next.
LASTS = timedelta(hours=26)


def post(
    base: str,
    firing: Sequence[Entry],
    over: Sequence[Entry],
    dashboard_url: str,
    now: datetime,
) -> None:
    """Send all that fires, and the end of what is over."""
    alerts = [_plain(entry, dashboard_url, now + LASTS) for entry in firing]
    alerts += [_plain(entry, dashboard_url, entry.over_at or now) for entry in over]
    if alerts:
        post_json(f"{base.rstrip('/')}/api/v2/alerts", alerts)


def _plain(entry: Entry, dashboard_url: str, ends_at: datetime) -> dict[str, object]:
    alert = entry.alert
    return {
        "labels": {
            "alertname": alert.rule,
            "subject": alert.subject,
            "severity": alert.severity,
            "service": "chertlog",
        },
        "annotations": {
            "summary": alert.summary,
            "description": f"{alert.meaning} {alert.next}".strip(),
        },
        "startsAt": f"{entry.since.isoformat()}Z",
        "endsAt": f"{ends_at.isoformat()}Z",
        "generatorURL": link_to(alert, dashboard_url),
    }
