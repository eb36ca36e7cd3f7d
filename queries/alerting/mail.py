"""E-mail, through the sendmail that the host has."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from email.message import EmailMessage
from typing import TYPE_CHECKING

from chertlog.queries.alerting.ledger import Entry
from chertlog.queries.alerting.words import counted, link_to
from chertlog.queries.errors import ChertlogError

if TYPE_CHECKING:
    from chertlog.queries.alerting.destinations import AlertSettings

TIMEOUT_S = 60


def send(
    settings: AlertSettings, began: Sequence[Entry], over: Sequence[Entry], dashboard_url: str
) -> None:
    """One message for all that is new; none if nothing is. Raises ChertlogError."""
    if not began and not over:
        return
    message = EmailMessage()
    message["Subject"] = f"chertlog: {counted(began, over)}"
    message["To"] = ", ".join(settings.email_to)
    if settings.email_from:
        message["From"] = settings.email_from
    message.set_content(text_of(began, over, dashboard_url))
    try:
        done = subprocess.run(
            [settings.sendmail, "-t", "-oi"],
            input=message.as_bytes(),
            capture_output=True,
            timeout=TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ChertlogError("no mail could be sent", why=f"{settings.sendmail}: {why}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise ChertlogError(
            "no mail could be sent",
            why=f"{settings.sendmail} ended with {done.returncode}: {said}",
        )


def text_of(began: Sequence[Entry], over: Sequence[Entry], dashboard_url: str) -> str:
    """The body: each alert with what to do and where to look."""
    parts = []
    for entry in began:
        alert = entry.alert
        what = "PAGE" if alert.severity == "page" else "TICKET"
        link = link_to(alert, dashboard_url)
        parts.append(f"{what}  {alert.summary}\n      {alert.meaning} {alert.next}\n      {link}")
    parts += [f"OVER  {entry.alert.summary}" for entry in over]
    return "\n\n".join(parts) + "\n"
