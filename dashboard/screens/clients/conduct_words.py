"""Conduct of clients in words: what each check means, its limit, and what a grade stands for.

The figures and the judgements are those of `client_conduct`. Pure functions; draws nothing.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from chertlog.dashboard.drawing import words
from chertlog.dashboard.drawing.theme import Palette

_FINDINGS = {
    "retries_of_final_errors": ("Repeats final errors", "retries"),
    "early_retries": ("Retries before the told time", "retries that were told to wait"),
    "no_backoff": ("Does not back off", "retries whose wait it chose"),
    "immediate_retries": ("Retries at once", "retries"),
    "no_jitter": ("Waits without variation", "waits before a second attempt"),
    "no_cap": ("Does not give up", "operations with a retry"),
    "missing_key": ("No idempotency key", "sends and new chats"),
    "minted_keys": ("A new key for each attempt", "keyed requests sent again"),
    "stale_signatures": ("Retries with an old signature", "retries"),
    "synchronised": ("Comes back all at once", "retries after 4002"),
    "duplicate_sends": ("Same message accepted twice", "operations"),
    "lost_retryables": ("HubSpot requests lost", "operations"),
    "persistent_3001": ("3001 in four attempts or more", "operations"),
    "not_configured_3003": ("3003: a setting of ours is missing", "operations"),
}
_SEVERITIES = {"fault": "✕ fault", "advice": "◐ advice", "support": "◇ for us"}
_SIGNS = {"misbehaves": "✕", "could improve": "◐", "good": "✓", "not judged": "?"}
_MEANINGS = {
    "misbehaves": "It makes errors worse for itself and for others: send it the paragraph.",
    "could improve": "Nothing that harms others; the paragraph says what would serve it better.",
    "good": "It does what the API reference asks.",
    "not judged": "Too few retries to judge it, and nothing else was found.",
}
VERDICTS = tuple(_SIGNS)


def sign(verdict: str) -> str:
    return _SIGNS.get(verdict, "?")


def meaning(verdict: str) -> str:
    return _MEANINGS.get(verdict, "")


def tint(verdict: str, colours: Palette) -> str:
    return {
        "misbehaves": colours.worse,
        "could improve": colours.ink,
        "good": colours.better,
    }.get(verdict, colours.muted)


def grade(value: Any) -> str:
    """A to E, or – where there was too little to judge."""
    return value if isinstance(value, str) else words.NONE


def finding(name: str) -> str:
    return _FINDINGS.get(name, (name.replace("_", " "), ""))[0]


def findings(names: Any) -> str:
    """All that was found, gravest first."""
    return ", ".join(finding(name) for name in names) or "nothing"


def severity(name: str) -> str:
    return _SEVERITIES.get(name, name)


def cases(row: Mapping[Any, Any]) -> str:
    """1,083 of 1,085 retries that were told to wait."""
    of = _FINDINGS.get(row["finding"], ("", ""))[1]
    if row["finding"] == "no_jitter":
        return words.count(row["of_cases"], "wait") + " before a second attempt"
    return f"{words.number(row['cases'])} of {words.number(row['of_cases'])} {of}"


def figure(name: str, value: float | None) -> str:
    """The figure that is judged: mostly a share."""
    if value is None or pd.isna(value):
        return words.NONE
    if name == "synchronised":
        return f"{value:,.1f} × chance"
    return f"{value:.2f}" if name == "no_jitter" else words.percent(value, 1)


def limit(row: Mapping[Any, Any]) -> str:
    """What the figure is held against."""
    if row["severity"] == "support":
        return "none not meant" if row["finding"] == "duplicate_sends" else "none"
    name, value = row["finding"], row["limit_value"]
    if name == "no_jitter":
        return f"at least {value:g}"
    if name == "synchronised":
        return f"under {value:g} × chance"
    return f"at most {words.percent(value, 0)}"


def result(row: Mapping[Any, Any]) -> str:
    if row["found"]:
        return "found"
    return "not found" if row["judged"] else "too few to judge"


def step(row: Mapping[Any, Any]) -> str:
    """Which wait it is: 2nd attempt, after an error that asks for growing waits."""
    which = {1: "2nd attempt", 2: "3rd attempt"}.get(row["step"], "later attempts")
    return f"{which}, {row['pace']}"
