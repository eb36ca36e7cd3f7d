"""The command `check`: what fires now, told on stdout and to whom [alerts] names.

Owns its arguments and words. The rules and the telling are `alerting`'s business.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chertlog.queries.cli_errors import friendly, note
from chertlog.queries.cli_options import DataDir, StoryShape, find_data_dir
from chertlog.queries.errors import ChertlogError

if TYPE_CHECKING:
    from chertlog.queries.alerting.destinations import AlertSettings
    from chertlog.queries.alerting.ledger import Entry, Ledger

FindAlertSettings = Callable[[], "AlertSettings"]
LOCK = "alerts.lock"


class _Settings:
    """How [alerts] is found; the program puts its configuration's way here."""

    find: FindAlertSettings | None = None


def use_settings(find: FindAlertSettings | None) -> None:
    """Let `find` read [alerts]; without it nobody is told but the terminal."""
    _Settings.find = find


def check(
    deliver: Annotated[
        bool,
        typer.Option(
            "--deliver/--no-deliver", help="Tell those named under [alerts] in chertlog.toml."
        ),
    ] = True,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Say nothing unless a person is needed.")
    ] = False,
    rules: Annotated[bool, typer.Option("--rules", help="List the rules and stop.")] = False,
    shape: Annotated[
        StoryShape, typer.Option("--format", help="Text, or JSON for programs.")
    ] = StoryShape.text,
    data_dir: DataDir = None,
) -> None:
    """Check the data and the alert rules; exit with 1 if anything fires.

    Each alert is told once when it begins and once when it is over. A rule of your own is a .sql
    file in DIR/alerts; docs/alerts.md says how.

    \b
    Example:
      chertlog check --quiet
      chertlog check --rules
    """
    with friendly():
        from chertlog.queries.alerting.destinations import AlertSettings

        folder = Path(
            find_data_dir(data_dir) or os.environ.get("CHERTLOG_DATA_DIR") or "chertlog-data"
        )
        if rules:
            _list_rules(folder)
            return
        settings = _Settings.find() if _Settings.find else AlertSettings()
        failed = _check(folder, settings, deliver=deliver, quiet=quiet, shape=shape)
        if failed:
            raise typer.Exit(1)


def _check(
    folder: Path, settings: "AlertSettings", *, deliver: bool, quiet: bool, shape: StoryShape
) -> bool:
    from chertlog.queries.alerting import ledger as ledgers
    from chertlog.queries.alerting.destinations import tell_all
    from chertlog.queries.alerting.rules import evaluate, horizon, packaged_rules
    from chertlog.queries.database import connect

    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    with connect(folder) as db, _alone(folder, needed=deliver):
        ledger = ledgers.load(folder)
        newest_at = db.rows("select newest_event_at from freshness")[0]["newest_event_at"]
        alerts = evaluate(db, folder, horizon(newest_at, ledger.newest_at, now), now)
        ledger.update(alerts, now)
        unreached: list[str] = []
        if deliver:
            ledger.newest_at = newest_at
            for name, why in tell_all(settings, ledger, now):
                if why:
                    unreached.append(name)
                    note(f"{name} was not told: {why}. It will be told at the next check.")
            _say(ledger, settings, shape, quiet=quiet, rules=len(packaged_rules()))
            ledger.forget_over()
            ledgers.save(ledger, folder)
        else:
            _say(ledger, settings, shape, quiet=quiet, rules=len(packaged_rules()))
    return bool(ledger.firing or unreached)


@contextmanager
def _alone(folder: Path, *, needed: bool) -> Iterator[None]:
    """One check at a time tells people; a second one waits its turn."""
    if not needed:
        yield
        return
    try:
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ChertlogError(
            "what was told cannot be kept here",
            where=str(folder),
            why=error.strerror or str(error),
            next="Run this as the user who ingests, or with --no-deliver.",
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _say(
    ledger: "Ledger", settings: "AlertSettings", shape: StoryShape, *, quiet: bool, rules: int
) -> None:
    from chertlog.queries.alerting.words import link_to
    from chertlog.queries.tables import draw_rows, say

    firing = sorted(ledger.firing, key=lambda e: (e.alert.severity, e.alert.rule, e.alert.subject))
    if shape is StoryShape.json:
        say(json.dumps([_plain(entry, settings) for entry in firing], indent=1) + "\n")
    elif firing:
        rows = [
            (
                entry.alert.severity,
                entry.alert.rule,
                f"{entry.since:%Y-%m-%d %H:%M}",
                entry.alert.summary,
            )
            for entry in firing
        ]
        say(draw_rows(["severity", "rule", "firing since", "what"], rows))
        links = dict.fromkeys(link_to(entry.alert, settings.dashboard_url) for entry in firing)
        say("\n\n" + "\n".join(links) + "\n")
    elif not quiet:
        note(f"Nothing fires: {rules} rules and the checks of the data hold.")


def _plain(entry: "Entry", settings: "AlertSettings") -> dict[str, object]:
    from chertlog.queries.alerting.words import link_to

    alert = entry.alert
    return {
        "rule": alert.rule,
        "subject": alert.subject,
        "severity": alert.severity,
        "firing_since": entry.since.isoformat(),
        "started_at": alert.started_at.isoformat() if alert.started_at else None,
        "summary": alert.summary,
        "meaning": alert.meaning,
        "next": alert.next,
        "link": link_to(alert, settings.dashboard_url),
    }


def _list_rules(folder: Path) -> None:
    from chertlog.queries.alerting.rules import Alert, own_rules, packaged_rules
    from chertlog.queries.sql_files import read_folder
    from chertlog.queries.tables import draw_rows, say

    rows = [("alert", rule.name, rule.text) for rule in packaged_rules()]
    for own in own_rules(folder):
        if isinstance(own, Alert):
            rows.append(("broken", own.subject, own.summary))
        else:
            rows.append(("your own", own.name, own.text))
    rows += [("data check", check.name, check.text) for check in read_folder("checks")]
    say(draw_rows(["kind", "rule", "what it says"], rows))
