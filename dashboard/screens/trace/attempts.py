"""The operation a response belongs to: every attempt, how long it waited and was told to wait."""

from typing import Any

import pandas as pd

from chertlog.dashboard.drawing import markup, tables, words
from chertlog.dashboard.drawing.theme import Palette
from chertlog.queries.story import Story

Row = dict[str, Any]

_ENDS = 10
_NEAR = 5
_OUTCOMES = {
    None: "outcome not known",
    "succeeded": "it succeeded",
    "gave_up": "the client gave up",
    "final_error": "it ended on a non-retryable error",
    "open": "still open by the newest data",
}
_EVIDENCE = {
    "idempotency_key": "one idempotency key",
    "attempt_header": "the client’s attempt header",
    "fingerprint": "same tenant, route and body",
    "weak_fingerprint": "same tenant, path and recipient, which is weak evidence",
}


def draw(story: Story, colours: Palette) -> None:
    """A line for each attempt; of very many, the first, the last and those near this one."""
    operation = story.operation or {}
    count = len(story.attempts)
    how = f"{words.count(count, 'attempt')}: {_OUTCOMES.get(operation.get('outcome'), 'unknown')}"
    if count > 1:
        how += f" · held together by {_EVIDENCE.get(operation.get('chain_basis', ''), 'likeness')}"
    markup.panel("The whole operation", how)
    here = story.response["attempt"] if story.response else 1
    drawn = [a for a in story.attempts if _is_worth_a_line(a["attempt"], here, count)]
    rows = [_row(attempt, count, attempt["attempt"] == here, colours) for attempt in drawn]
    markup.table(_COLUMNS, rows, caption="Attempts of the operation, in order")
    frame = pd.DataFrame(story.attempts).drop(columns="response_id")
    tables.behind(frame, "attempts")


def _is_worth_a_line(attempt: int, here: int, count: int) -> bool:
    return attempt <= _ENDS or attempt > count - _ENDS or abs(attempt - here) <= _NEAR


def _row(attempt: Row, count: int, is_here: bool, colours: Palette) -> list[str]:
    waited, told = attempt["waited_s"], attempt["told_to_wait_s"]
    number = f"{attempt['attempt']} of {count}{' ◂ this one' if is_here else ''}"
    return [
        markup.here(number) if is_here else markup.text(number),
        markup.text(words.second(attempt["received_at"])),
        _answer(attempt, colours),
        markup.text(words.NONE if waited is None else f"{waited:,.1f} s"),
        markup.text(words.NONE if told is None else f"{told:,} s"),
        _patience(waited, told, attempt["is_early"], colours),
        markup.trace_link(attempt["trace_id"]),
    ]


def _answer(attempt: Row, colours: Palette) -> str:
    status = f"HTTP {attempt['http_status'] or '?'}"
    if attempt["is_error"] is None:
        return markup.text(f"{status}, seen by the edge log only")
    if not attempt["is_error"]:
        return markup.text(f"✓ {status}", colours.better)
    sent = attempt["retryable"]
    tint = {True: colours.retryable, False: colours.final, None: colours.unsaid}[sent]
    code = "no code" if attempt["error_code"] is None else str(attempt["error_code"])
    return f"{markup.strong(code)} {markup.text(words.mark(sent), tint)} {markup.text(status)}"


def _patience(waited: float | None, told: float | None, is_early: bool, colours: Palette) -> str:
    """How much of the told time was waited, drawn and in a word."""
    if waited is None or not told:
        return markup.text(words.NONE)
    share = min(max(waited / told, 0), 1)
    tint, word = (colours.final, "too early") if is_early else (colours.retryable, "in time")
    return markup.share_bar(share, tint, word)


_COLUMNS = [
    ("Attempt", "f w"),
    ("Received (UTC)", "w"),
    ("Answer", "w c"),
    ("Waited", "n"),
    ("Told to wait", "n"),
    ("Patience", "w"),
    ("Trace", "i"),
]
