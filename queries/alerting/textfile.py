"""A file of metrics for the textfile collector of Prometheus' node_exporter.

https://github.com/prometheus/node_exporter#textfile-collector
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from chertlog.queries.alerting.ledger import Ledger
from chertlog.queries.alerting.rules import packaged_rules
from chertlog.queries.errors import ChertlogError


def write(path: str, ledger: Ledger, now: datetime) -> None:
    """Write the metrics, whole or not at all. Raises ChertlogError."""
    from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

    registry = CollectorRegistry()
    count = Gauge(
        "chertlog_alerts_firing", "Alerts that fire, by rule.", ["rule"], registry=registry
    )
    firing = Counter(entry.alert.rule for entry in ledger.firing)
    for rule in {rule.name for rule in packaged_rules()} | firing.keys():
        count.labels(rule).set(firing[rule])
    each = Gauge(
        "chertlog_alert_firing_since_seconds",
        "Since when an alert fires, Unix time.",
        ["rule", "subject", "severity"],
        registry=registry,
    )
    for entry in ledger.firing:
        alert = entry.alert
        each.labels(alert.rule, alert.subject, alert.severity).set(_unix(entry.since))
    checked = Gauge(
        "chertlog_last_check_seconds",
        "When alerts were last checked, Unix time.",
        registry=registry,
    )
    checked.set(_unix(now))
    newest = Gauge(
        "chertlog_newest_data_seconds", "Time of the newest data, Unix time.", registry=registry
    )
    newest.set(_unix(ledger.newest_at) if ledger.newest_at else float("nan"))
    try:
        write_to_textfile(path, registry)
        Path(path).chmod(0o644)  # node_exporter is another user
    except OSError as error:
        raise ChertlogError(
            "it cannot be written", why=f"{path}: {error.strerror or error}"
        ) from None


def _unix(moment: datetime) -> float:
    return moment.replace(tzinfo=UTC).timestamp()
