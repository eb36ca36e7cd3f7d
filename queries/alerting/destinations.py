"""Who is told: the destinations that [alerts] in chertlog.toml names, and telling them all.

Owns the settings of alerting, and that one destination that cannot be reached keeps no other from
being told. How each is spoken to has a file of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from chertlog.queries.alerting import alertmanager, mail, slack, textfile
from chertlog.queries.alerting.ledger import Ledger
from chertlog.queries.errors import ChertlogError


@dataclass(frozen=True)
class AlertSettings:
    """[alerts]: where the dashboard is, and who is told; what is None or empty is not used.

    `webhook` is a secret: whoever has it can post. It is better given as CHERTLOG_ALERT_WEBHOOK.
    """

    dashboard_url: str = "http://127.0.0.1:8501"
    webhook: str | None = None
    alertmanager: str | None = None
    textfile: str | None = None
    email_to: tuple[str, ...] = ()
    email_from: str | None = None
    sendmail: str = "/usr/sbin/sendmail"


def tell_all(
    settings: AlertSettings, ledger: Ledger, now: datetime
) -> Iterator[tuple[str, str | None]]:
    """Tell each destination what it does not know yet: its name, and why it could not be told."""
    for name, tell in _destinations(settings, ledger, now):
        try:
            tell()
        except ChertlogError as error:
            yield name, ": ".join(part for part in (error.what, error.why) if part)
        else:
            ledger.told(name)
            yield name, None


def _destinations(
    settings: AlertSettings, ledger: Ledger, now: datetime
) -> Iterator[tuple[str, Callable[[], None]]]:
    at = settings.dashboard_url
    if (url := settings.webhook) is not None:
        yield "webhook", lambda: slack.post(url, *ledger.news_for("webhook"), at)
    if (base := settings.alertmanager) is not None:
        # All that fires, each time: an Alertmanager forgets what it is not reminded of.
        yield (
            "alertmanager",
            lambda: alertmanager.post(
                base, ledger.firing, ledger.news_for("alertmanager")[1], at, now
            ),
        )
    if (path := settings.textfile) is not None:
        yield "textfile", lambda: textfile.write(path, ledger, now)
    if settings.email_to:
        yield "email", lambda: mail.send(settings, *ledger.news_for("email"), at)
