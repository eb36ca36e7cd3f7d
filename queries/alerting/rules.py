"""Evaluates the alert rules: selects whose every row is something that fires now.

Owns what a rule is. A packaged rule is a file in `alerts/`, a user's own one in DIR/alerts; both
give the columns subject (what it is about; names the alert together with the rule), severity (page
or ticket), started_at (NULL if unknown), summary (one sentence), and screen (path and query of the
page of the dashboard that shows it). They may use $now, the time of the check, and $since: what
ended before it was told at the check before. A data check that fails is an alert, too, and so is a
rule that cannot be asked: it must not be taken for one that is quiet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chertlog.queries.errors import BadDefinition, ChertlogError
from chertlog.queries.sql_files import SqlFile, parse, read_folder

if TYPE_CHECKING:
    from chertlog.queries.database import Connection

OWN_FOLDER = "alerts"
COLUMNS = ("subject", "severity", "started_at", "summary", "screen")
SEVERITIES = ("page", "ticket")
RECENT = timedelta(hours=1)  # what ended so long before the newest data is over
FIRST_LOOK = timedelta(hours=24)  # how far a first check looks back
OWN_TIMEOUT_S = 30


@dataclass(frozen=True)
class Alert:
    """Something that a person should know now. `meaning` and `next` are the rule's own words."""

    rule: str
    subject: str
    severity: str
    summary: str
    screen: str
    meaning: str
    next: str
    started_at: datetime | None = None

    @property
    def key(self) -> str:
        """Names the alert from one check to the next."""
        return f"{self.rule}/{self.subject}"


def horizon(newest_at: datetime | None, before: datetime | None, now: datetime) -> datetime:
    """$since: what ended after it is news, or not long over.

    `newest_at` is the time of the newest data, `before` what it was at the last check.
    """
    if newest_at is None:
        return now
    return min(newest_at - RECENT, before or newest_at - FIRST_LOOK)


def packaged_rules() -> list[SqlFile]:
    """The rules that come with chertlog, by name."""
    return read_folder("alerts")


def own_rules(data_dir: Path) -> Iterator[SqlFile | Alert]:
    """The user's rules; a file that is none is an alert."""
    for path in sorted((data_dir / OWN_FOLDER).glob("*.sql")):
        try:
            yield parse(OWN_FOLDER, path.stem, path.read_text("utf-8"))
        except (OSError, ValueError, BadDefinition) as error:
            yield _broken(path.stem, str(error))


def evaluate(db: Connection, data_dir: Path, since: datetime, now: datetime) -> list[Alert]:
    """All alerts that fire now, those that page first."""
    found = [*_checks(db)]
    for rule in packaged_rules():
        found += _rows(rule, lambda body: db.rows(body, _used(body, since, now)))
    for own in own_rules(data_dir):
        if isinstance(own, Alert):
            found.append(own)
        else:
            found += _rows(own, lambda body: _asked_apart(data_dir, body, since, now))
    return sorted(found, key=lambda a: (SEVERITIES.index(a.severity), a.rule, a.subject))


def _checks(db: Connection) -> Iterator[Alert]:
    import duckdb

    from chertlog.queries.checking import run_checks

    with duckdb.connect(str(db.path), read_only=True) as con:
        failures = run_checks(con)
    for failure in failures:
        more = "more than " if failure.more else ""
        yield Alert(
            rule=failure.check,
            subject="data",
            severity="ticket",
            summary=f"{more}{len(failure.examples)} rows contradict: {failure.meaning}",
            screen="health",
            meaning="A check of the data fails: figures may be wrong.",
            next=failure.next,
        )


def _rows(rule: SqlFile, ask: Any) -> list[Alert]:
    try:
        rows = ask(rule.body)
    except ChertlogError as error:
        return [_broken(rule.name, error.what)]
    alerts = []
    for row in rows:
        if missing := [name for name in COLUMNS if name not in row]:
            return [_broken(rule.name, f"it has no column {missing[0]}")]
        if row["severity"] not in SEVERITIES:
            return [_broken(rule.name, f"its severity must be one of {', '.join(SEVERITIES)}")]
        texts = {name: str(row[name] or "") for name in ("subject", "summary", "screen")}
        alerts.append(
            Alert(
                rule=rule.name,
                severity=row["severity"],
                started_at=row["started_at"],
                meaning=rule.text,
                next=rule.tags.get("Next", ""),
                **texts,
            )
        )
    return alerts


def _broken(rule: str, why: str) -> Alert:
    return Alert(
        rule="broken_rule",
        subject=rule,
        severity="ticket",
        summary=f"rule {rule} cannot be asked: {' '.join(why.split())[:300]}",
        screen="health",
        meaning="A rule cannot be asked, so nobody is told what it looks for.",
        next="Mend its .sql file; docs/alerts.md says what one is.",
    )


def _used(body: str, since: datetime, now: datetime) -> dict[str, object]:
    """DuckDB refuses a parameter that a statement does not use."""
    known = {"since": since, "now": now}
    return {name: value for name, value in known.items() if f"${name}" in body}


def _asked_apart(
    data_dir: Path, body: str, since: datetime, now: datetime
) -> list[dict[str, object]]:
    """What people wrote themselves is asked where SQL of strangers is, within its limits."""
    from chertlog.queries.sandbox import run_select

    for name, value in {"since": since, "now": now}.items():
        body = body.replace(f"${name}", f"timestamp '{value:%Y-%m-%d %H:%M:%S.%f}'")
    result = run_select(data_dir, body, OWN_TIMEOUT_S, door="chertlog check")
    return [dict(zip(result.columns, row, strict=True)) for row in result.rows()]
