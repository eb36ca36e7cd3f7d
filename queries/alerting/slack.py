"""A webhook that takes what Slack takes; Mattermost and others do, too.

Owns the words of the message. The escapes are those of
https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

from collections.abc import Sequence

from chertlog.queries.alerting.http import post_json
from chertlog.queries.alerting.ledger import Entry
from chertlog.queries.alerting.words import counted, link_to

MOST = 20  # lines; a message of more is not read


def post(url: str, began: Sequence[Entry], over: Sequence[Entry], dashboard_url: str) -> None:
    """One message for all that is new; none if nothing is."""
    if began or over:
        post_json(url, {"text": message(began, over, dashboard_url)})


def message(began: Sequence[Entry], over: Sequence[Entry], dashboard_url: str) -> str:
    """The text, in Slack's mrkdwn; log values in it are escaped."""
    lines = [f"*chertlog: {counted(began, over)}*"]
    for entry in began[:MOST]:
        mark = ":red_circle:" if entry.alert.severity == "page" else ":large_yellow_circle:"
        link = link_to(entry.alert, dashboard_url)
        lines.append(f"{mark} {escaped(entry.alert.summary)} <{escaped(link)}|Show>")
    if len(began) > MOST:
        lines.append(f"… and {len(began) - MOST} more: <{escaped(dashboard_url)}|Show>")
    lines += [f":white_check_mark: over: {escaped(entry.alert.summary)}" for entry in over[:MOST]]
    if len(over) > MOST:
        lines.append(f"… and {len(over) - MOST} more are over")
    return "\n".join(lines)


def escaped(text: str) -> str:
    """A text that cannot be taken for a mention, a link or an entity."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
