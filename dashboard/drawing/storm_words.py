"""Retry storms in words: what each verdict means, what to do, and what a storm is judged by.

A verdict has a sign, a shape and a colour, always together. Pure functions; draws nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from chertlog.dashboard.drawing import words
from chertlog.dashboard.drawing.theme import LIGHT, Palette

Row = Mapping[Any, Any]
UNKNOWN = "unknown tenant"


@dataclass(frozen=True)
class Kind:
    """What a verdict means, and the shape that stands for it in charts."""

    sign: str
    short: str
    shape: str
    means: str
    to_do: str


KINDS = {
    "retry storm": Kind(
        "■",
        "retry",
        "rect",
        "One client repeats far more than its errors call for.",
        "Send this client the paragraph of its report card.",
    ),
    "saturation storm": Kind(
        "◆",
        "saturation",
        "diamond",
        "Its lines are full until the full hour, and the client does not wait for it: these "
        "retries cannot succeed.",
        "Send this client the paragraph of its report card. Only more lines end the refusals.",
    ),
    "amplified outage": Kind(
        "▲",
        "outage",
        "triangle",
        "First attempts fail by a fault on Chert’s side, and retries multiply the load.",
        "Mend the fault first: these retries end with it.",
    ),
    "metastable": Kind(
        "▼",
        "metastable",
        "path://M0,0L10,0L5,9Z",
        "The retries keep it going: first attempts had recovered, or fail without more demand.",
        "Only fewer retries end it: limit this client until they have stopped.",
    ),
    "top-of-hour herd": Kind(
        "●",
        "herd",
        "circle",
        "Retries that waited for the full hour, as they were told, come back together. That is no "
        "misconduct.",
        "It passes by itself. Spread over the first minutes of the hour, it would not show.",
    ),
}


def kind(verdict: str) -> Kind:
    return KINDS.get(verdict, KINDS["retry storm"])


def tint(verdict: str, colours: Palette) -> str:
    """Purple is 4002 on every screen; a herd is grey, since nobody does wrong."""
    return {
        "retry storm": colours.worse,
        "saturation storm": colours.capacity,
        "amplified outage": "#8f6400" if colours == LIGHT else "#d9ac4a",
        "metastable": colours.ink,
    }.get(verdict, colours.unsaid)


def named(verdict: str) -> str:
    """The verdict with its sign."""
    return f"{kind(verdict).sign} {verdict}"


def when(storm: Row) -> str:
    """21 Nov 14:48:40–14:59:40 UTC, 11 min."""
    start, end = storm["started_at"], storm["ended_at"]
    until = words.hour_second(end) if start.date() == end.date() else words.second(end)
    return (
        f"{words.second(start)}–{until} {words.zone()}, {words.duration(float(storm['seconds']))}"
    )


def width(step: timedelta) -> str:
    """How long a bar is."""
    if step < timedelta(minutes=1):
        return f"{step.total_seconds():.0f} s"
    return "a minute" if step == timedelta(minutes=1) else words.duration(step)


def caller(storm: Row) -> str:
    tenant = storm["tenant_id"]
    return tenant if isinstance(tenant, str) else UNKNOWN


def label(storm: Row) -> str:
    """One line that tells a storm from the others."""
    return (
        f"{named(storm['verdict'])} · {caller(storm)} · "
        f"{words.minute(storm['started_at'])} {words.zone()} · "
        f"{words.number(storm['retries'])} retries"
    )


def because(storm: Row) -> str:
    """The reasons without the counts, where these stand beside them."""
    counts, _, rest = str(storm["reasons"]).partition("; ")
    return rest or counts


def code(value: Any, error_type: Any = None) -> str:
    """4002 LINES_SATURATED, or that there was no code."""
    if value is None or pd.isna(value):
        return "no code"
    return f"{value:.0f}" + (f" {error_type}" if isinstance(error_type, str) else "")


def definition(limit: Mapping[str, float]) -> str:
    """What makes a storm, with the thresholds in force."""
    return (
        "A storm is an episode in which one tenant retries at least "
        f"{limit['storm_retries_5m']:.0f} times in 5 minutes, or "
        f"{limit['storm_retries_10s']:.0f} times in 10 seconds, not counting retries that waited "
        f"as a 1007 told: {limit['storm_z']:g} standard deviations above what is normal for it, "
        f"at {limit['amplification_storm']:g} attempts an operation or more. A smaller excess is "
        f"one when it adds up to {limit['storm_slow_retries']:.0f} retries. Episodes up to "
        f"{limit['storm_merge_gap_min']:.0f} minutes apart are one."
    )


def budgets(limit: Mapping[str, float]) -> tuple[str, str]:
    """The two retry budgets, as 10 % and 20 %."""
    low, high = limit["retry_budget_share"], limit["retry_budget_high_share"]
    return f"{100 * low:g} %", f"{100 * high:g} %"


def verdicts(storms: pd.DataFrame) -> str:
    """◆ 4 saturation · ● 2 herd: how many of each."""
    counted = storms["verdict"].value_counts()
    parts = [
        f"{kind(name).sign} {counted[name]:,} {kind(name).short}"
        for name in KINDS
        if name in counted
    ]
    return " · ".join(parts) or "none"


_OUTCOMES = {
    "succeeded": "✓ succeeded",
    "gave_up": "gave up",
    "final_error": "✕ final error",
    "open": "still open",
}


def outcome(value: Any) -> str:
    return _OUTCOMES.get(value, "? not known")
