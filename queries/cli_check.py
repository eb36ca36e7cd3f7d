"""The command `check`: what fires now, told on stdout and to whom [alerts] names.

Owns its arguments and words. The rules and the telling are `alerting`'s business.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chertlog.queries.cli_errors import friendly, note
from chertlog.queries.cli_options import DataDir, StoryShape, data_dir_in_force

if TYPE_CHECKING:
    from chertlog.queries.alerting.destinations import AlertSettings
    from chertlog.queries.alerting.ledger import Entry

FindAlertSettings = Callable[[], "AlertSettings"]


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
        from chertlog.queries.alerting.once import check_once

        folder = data_dir_in_force(data_dir)
        if rules:
            _list_rules(folder)
            return
        settings = _Settings.find() if _Settings.find else AlertSettings()
        checked = check_once(folder, settings, deliver=deliver)
        for name, why in checked.unreached.items():
            note(f"{name} was not told: {why}. It will be told at the next check.")
        _say(checked.firing, settings, shape, quiet=quiet)
        if checked.firing or checked.unreached:
            raise typer.Exit(1)


def _say(
    entries: "Sequence[Entry]", settings: "AlertSettings", shape: StoryShape, *, quiet: bool
) -> None:
    from chertlog.queries.alerting.rules import packaged_rules
    from chertlog.queries.alerting.words import link_to
    from chertlog.queries.tables import draw_rows, say

    firing = sorted(entries, key=lambda e: (e.alert.severity, e.alert.rule, e.alert.subject))
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
        note(f"Nothing fires: {len(packaged_rules())} rules and the checks of the data hold.")


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
