"""Where a response belongs: its code, its client, its storm, its saturated hour, its neighbours."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from chertlog.dashboard import data
from chertlog.dashboard.drawing import markup, storm_words, words
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame.view import View
from chertlog.queries.story import Story

_NO_LINES = 4002
_NEAR = timedelta(minutes=5)

Door = tuple[str, str, str, str, str]


def draw(story: Story, shown: View, colours: Palette) -> None:
    """A line for each thing that this response is part of, and the way there."""
    response = story.response or {}
    markup.panel("Where it belongs", "each line leads on")
    markup.links(
        [
            *_storms(response, shown, colours),
            *_hour(response, colours),
            *_code(story, response, colours),
            *_client(response, colours),
        ]
    )


def _storms(response: dict[str, Any], shown: View, colours: Palette) -> list[Door]:
    tenant, at = response["tenant_id"], response["received_at"]
    if not tenant:
        return []
    storms = data.frame(shown.generation, "trace_storms", tenant=tenant, at=at)
    return [
        (
            storm_words.KINDS[storm["verdict"]].sign,
            storm_words.tint(storm["verdict"], colours),
            f"It came while a {storm['verdict']} of its tenant was under way",
            "storms?" + urlencode({"range": "all", "storm": storm["storm_id"]}),
            f"{storm_words.when(storm)}: {words.number(storm['retries'])} retries of "
            f"{words.count(storm['operations'], 'operation')}.",
        )
        for storm in storms.to_dict("records")
    ]


def _hour(response: dict[str, Any], colours: Palette) -> list[Door]:
    if response["error_code"] != _NO_LINES or not response["tenant_id"]:
        return []
    hour = _full_hour(response["received_at"])
    asked = {"range": "all", "hour": f"{hour:%Y-%m-%dT%H}", "who": response["tenant_id"]}
    span = words.span(hour, hour + timedelta(hours=1))
    return [
        (
            "◆",
            colours.capacity,
            f"The lines of {response['tenant_id']} in that hour",
            "saturation?" + urlencode(asked),
            f"{span} {words.zone()}: when they filled, who was refused, whether :00 helped.",
        )
    ]


def _code(story: Story, response: dict[str, Any], colours: Palette) -> list[Door]:
    if not response["is_error"]:
        return []
    code = response["error_code"]
    hour = _full_hour(response["occurred_at"])
    asked = {
        "range": "custom",
        "from": f"{hour - timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "to": f"{hour + timedelta(hours=2):%Y-%m-%dT%H:%M}",
        "code": "none" if code is None else str(code),
    }
    name = "errors without a code" if code is None else f"{code} {_name(story)}".strip()
    return [
        (
            "●",
            colours.muted,
            f"All {name} around that time",
            "errors?" + urlencode(asked),
            "The hour before, its own, and the one after: which surfaces and tenants were hit.",
        )
    ]


def _client(response: dict[str, Any], colours: Palette) -> list[Door]:
    tenant, at = response["tenant_id"], response["occurred_at"]
    if not tenant:
        return []
    quoted = tenant.replace("'", "''")
    asked = (
        "select occurred_at, trace_id, http_route, http_status, error_code, attempt\nfrom responses"
        f"\nwhere tenant_id = '{quoted}'\n    and occurred_at between "
        f"'{at - _NEAR:%Y-%m-%d %H:%M:%S}' and '{at + _NEAR:%Y-%m-%d %H:%M:%S}'\n"
        "order by occurred_at"
    )
    return [
        (
            "○",
            colours.muted,
            f"Report card of {tenant}",
            "clients?" + urlencode({"client": tenant}),
            "How its client retries and waits, and the paragraph to send.",
        ),
        (
            "○",
            colours.muted,
            f"What else {tenant} sent within {words.duration(_NEAR)}",
            "sql?" + urlencode({"sql": asked}),
            "Its responses before and after this one, on the SQL page.",
        ),
    ]


def _name(story: Story) -> str:
    return story.code.error_type if story.code else ""


def _full_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
