"""Lays a trace's story out: for the terminal, and as JSON for programs.

Owns layout only; every word comes from `story` and `story_words`.
"""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chertlog.queries.clean_text import clean, clean_line, safe_json
from chertlog.queries.story import Happening, Story
from chertlog.queries.story_words import told_to_wait
from chertlog.queries.tables import plain_table, shown, text_width, time_text, to_text

if TYPE_CHECKING:
    from rich.console import RenderableType

Row = dict[str, Any]

_ENDS = 5
_BASIS = {
    "idempotency_key": "the same idempotency key",
    "attempt_header": "the attempt number the client sent",
    "fingerprint": "the same tenant, route and body",
    "weak_fingerprint": "the same tenant, path and recipient (weak evidence)",
}


def story_text(stories: list[Story]) -> str:
    """The stories as text for the terminal."""
    parts: list[RenderableType] = []
    if len(stories) > 1:
        parts.append(
            f"{len(stories)} responses bear this trace_id. They have nothing to do with each "
            "other: short ids collide. Tenant and time tell them apart."
        )
    for number, story in enumerate(stories, start=1):
        if len(stories) > 1:
            parts.append(_heading(f"Response {number} of {len(stories)}", style="bold cyan"))
        parts += _parts(story)
    return to_text(*parts, width=text_width())


def _parts(story: Story) -> "list[RenderableType]":
    from rich.padding import Padding
    from rich.text import Text

    colour = "bold"
    if story.response is not None and story.response["is_error"] is not None:
        colour = "bold red" if story.response["is_error"] else "bold green"
    first, _, rest = story.verdict.partition(". ")
    verdict = Text()
    verdict.append(f"{first}." if rest else first, style=colour)
    verdict.append(f" {rest}" if rest else "")
    parts: list[RenderableType] = [
        Text(f"Trace {clean_line(story.trace_id)}", style="dim"),
        verdict,
    ]
    if story.response is not None:
        parts += [_heading("What the customer was told"), Padding(_told(story), (0, 0, 0, 2))]
    parts += [_heading("What happened inside"), Padding(_inside(story.happened), (0, 0, 0, 2))]
    if story.attempts:
        parts += [_heading("The whole operation"), *_operation(story)]
    parts += [_heading("What to answer the customer"), Padding(Text(story.answer), (0, 2))]
    return parts


def _heading(text: str, style: str = "bold") -> "RenderableType":
    from rich.padding import Padding
    from rich.text import Text

    return Padding(Text(text, style=style), (1, 0, 0, 0))


def told(story: Story) -> list[tuple[str, str]]:
    """What the customer was told, as labels and texts."""
    response = story.response
    if response is None:
        return []
    status = f"HTTP {shown(response['http_status'])}"
    if response["is_logical_failure"]:
        status += " (the failure is in the body only)"
    pairs = [("when", f"{time_text(response['occurred_at'])} UTC"), ("status", status)]
    if response["is_error"]:
        number = response["error_code"]
        name = f"{number} {story.code.error_type}" if story.code else shown(number)
        pairs += [("code", f"{name}" if number is not None else "none: the body lost it")]
        pairs += [("meaning", story.code.meaning)] if story.code else []
        pairs += [("message", clean_line(response["error_message"] or "–"))]
        pairs += [("retryable", shown(response["retryable"]))]
    pairs += [("retry_after", _retry_after(story))] if told_to_wait(response) is not None else []
    for name in ("reason", "attachment_index", "allowed_effects"):
        if response[name] is not None:
            pairs.append((name, shown(response[name])))
    pairs += [("envelope", shown(response["envelope"]))] if response["is_error"] else []
    request = f"{response['http_method'] or ''} {response['url_path'] or ''}".strip()
    pairs += [("request", clean_line(request) or "–"), ("surface", shown(response["surface"]))]
    pairs += [("tenant", shown(response["tenant_id"])), ("trace_id", clean_line(story.trace_id))]
    return [*pairs, ("seen in", ", ".join(response["seen_in"]))]


def _retry_after(story: Story) -> str:
    response = story.response or {}
    body, header = response["retry_after_s"], response["retry_after_header_s"]
    if None not in (body, header) and body != header:
        return f"{body} s in the body, {header} s in the header: they disagree"
    return f"{body} s" if body is not None else f"{header} s, in the header only"


def _told(story: Story) -> "RenderableType":
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    for label, text in told(story):
        grid.add_row(Text(label, style="dim"), Text(clean(text)))
    return grid


def _inside(happened: list[Happening]) -> "RenderableType":
    if not happened:
        from rich.text import Text

        return Text("No event of it is left.", style="dim")
    rows = [[_offset(each), each.log, each.event, each.words or "–"] for each in happened]
    return plain_table(["ms", "log", "event", "detail"], rows, right=[0])


def _offset(happening: Happening) -> str:
    # nginx knows only whole seconds.
    return "~" if happening.log == "edge" else f"+{happening.offset_ms:,}"


def _operation(story: Story) -> "list[RenderableType]":
    from rich.padding import Padding
    from rich.text import Text

    operation = story.operation or {}
    outcome = {None: "not known", "gave_up": "gave up", "final_error": "final error"}
    ended = operation.get("outcome")
    count = len(story.attempts)
    line = f"{count:,} attempt{'' if count == 1 else 's'}, outcome: {outcome.get(ended, ended)}."
    if count > 1:
        basis = _BASIS.get(operation.get("chain_basis", ""), "what they share")
        line += f" Held together by {basis}."
    shown_attempts = _around(story)
    rows = [_attempt_row(story, attempt) for attempt in shown_attempts]
    columns = ["", "no", "received (UTC)", "waited", "told", "answer", "trace_id"]
    table = plain_table(columns, rows, right=[1, 3, 4], whole=[0, 6])
    parts: list[RenderableType] = [Padding(Text(line), (0, 2)), Padding(table, (1, 0, 0, 2))]
    if left_out := count - len(shown_attempts):
        words = f"{left_out:,} more attempts are not shown; --format json has them all."
        parts.append(Padding(Text(words, style="dim"), (0, 2)))
    return parts


def _around(story: Story) -> list[Row]:
    """The attempts worth a line: the first, those near this one, and the last."""
    this = story.response["attempt"] if story.response else 1
    last = len(story.attempts)
    return [
        a
        for n, a in enumerate(story.attempts, start=1)
        if n <= _ENDS or n > last - _ENDS or abs(n - this) <= _ENDS
    ]


def _attempt_row(story: Story, attempt: Row) -> list[str]:
    is_this = story.response and attempt["response_id"] == story.response["response_id"]
    waited, told = attempt["waited_s"], attempt["told_to_wait_s"]
    at: datetime = attempt["received_at"]
    return [
        "▶" if is_this else "",
        str(attempt["attempt"]),
        f"{at:%d %b %H:%M:%S}",
        "–" if waited is None else f"{waited:,.1f} s",
        "–" if told is None else f"{told:,} s",
        _result(attempt),
        clean_line(attempt["trace_id"]),
    ]


def _result(attempt: Row) -> str:
    status = shown(attempt["http_status"])
    early = ", too early" if attempt["is_early"] else ""
    if attempt["is_error"] is None:
        return f"{status}, edge log only{early}"
    if not attempt["is_error"]:
        return f"{status} succeeded{early}"
    sent = {True: "↻ retryable", False: "✕ final", None: "no flag"}[attempt["retryable"]]
    return f"{status}, {shown(attempt['error_code'])} {sent}{early}"


def story_json(stories: list[Story]) -> str:
    """The stories as a JSON array."""
    body = [
        {
            "trace_id": story.trace_id,
            "verdict": story.verdict,
            "told": dict(told(story)),
            "response": story.response,
            "happened": [vars(each) for each in story.happened],
            "operation": story.operation,
            "attempts": story.attempts,
            "answer": story.answer,
        }
        for story in stories
    ]
    return safe_json(json.dumps(body, ensure_ascii=False, indent=2, default=_json_text)) + "\n"


def _json_text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
