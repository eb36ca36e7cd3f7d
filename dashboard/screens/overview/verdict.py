"""The Overview in words: is it worse than before, what is it mostly, and the figures of its cards.

A change counts as one only if the 95 % intervals of the two error ratios do not touch: below that
it may be chance, and nobody is woken by it. Pure functions; draws nothing.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from chertlog.dashboard.drawing import markup, words
from chertlog.dashboard.frame import behind
from chertlog.dashboard.frame.filters import Filters

State = Literal["worse", "better", "same", "unknown"]
_SIGNS: dict[State, str] = {"worse": "▲", "better": "▼", "same": "●", "unknown": "●"}
Colour = Literal["red", "green", "gray"]
_COLOURS: dict[State, Colour] = {
    "worse": "red",
    "better": "green",
    "same": "gray",
    "unknown": "gray",
}


@dataclass(frozen=True)
class Verdict:
    """One sentence, and what it rests on (details are markup)."""

    state: State
    headline: str
    details: list[str] = field(default_factory=list)

    @property
    def sign(self) -> str:
        return _SIGNS[self.state]


@dataclass(frozen=True)
class Card:
    """One figure: its change, what it is counted among, its sparkline, and the way behind it."""

    label: str
    value: str
    note: str
    column: str
    tint: str
    help: str
    target: str
    delta: str | None = None
    state: State = "unknown"

    @property
    def delta_colour(self) -> Colour:
        return _COLOURS[self.state]

    @property
    def arrow(self) -> Literal["up", "down", "off"]:
        if self.delta is None or self.delta[0] in "±n":
            return "off"
        return "down" if self.delta[0] == "−" else "up"


def compared(now: dict[str, Any], before: dict[str, Any] | None) -> State:
    """Whether the error ratio changed by more than chance explains."""
    if before is None or now["error_ratio"] is None or before["error_ratio"] is None:
        return "unknown"
    if now["error_ratio_low"] > before["error_ratio_high"]:
        return "worse"
    return "better" if now["error_ratio_high"] < before["error_ratio_low"] else "same"


def of(
    now: dict[str, Any],
    before: dict[str, Any] | None,
    codes: pd.DataFrame,
    steps: pd.DataFrame,
    chosen: Filters,
) -> Verdict:
    """What the page says first."""
    state = compared(now, before)
    ratio = words.percent(now["error_ratio"])
    if now["error_ratio"] is None:
        return Verdict(state, "Only the edge log saw these responses: it cannot tell errors.")
    if not now["errors"]:
        return Verdict(state, f"No errors in {words.count(now['responses'], 'response')}")
    kind = "" if chosen.retryable is None else f"{words.mark(chosen.retryable)[2:]} "
    share = f"{ratio} of responses are {kind}errors"
    old = words.percent(before["error_ratio"]) if before else ""
    headline = {
        "worse": f"More {kind}errors than before: {ratio}, up from {old}",
        "better": f"Fewer {kind}errors than before: {ratio}, down from {old}",
        "same": f"No clear change: {share}, {old} before",
        "unknown": share,
    }[state]
    first = f"{_mostly(now, codes, chosen)} {_worst(steps, chosen)}"
    return Verdict(state, headline, [first, *_reservations(now, before, chosen)])


def _worst(steps: pd.DataFrame, chosen: Filters) -> str:
    """When most errors were sent: many errors matter, a high ratio of few responses does not."""
    worst = steps.iloc[int(steps["errors"].astype(float).fillna(-1).argmax())]
    when = words.span(worst["starts_at"], worst["starts_at"] + chosen.period.step)
    ratio = words.percent(worst["error_ratio"], 0)
    return f"Most at {when} {words.zone()}: {words.number(worst['errors'])}, {ratio} of responses."


def _mostly(now: dict[str, Any], codes: pd.DataFrame, chosen: Filters) -> str:
    """What the errors mostly are, with a way to each."""
    parts = []
    for code in codes.head(3).to_dict("records"):
        known = not pd.isna(code["error_code"])
        name = str(int(code["error_code"])) if known else "no code"
        kind = f" {code['error_type']}" if isinstance(code["error_type"], str) else ""
        share = words.percent(code["share"], 0)
        target = "errors" + chosen.link(code=name if known else "none")
        parts.append(f"{markup.link(name + kind, target)} {share}")
    return f"Mostly {', '.join(parts)} of {words.count(now['errors'], 'error')}."


def _reservations(now: dict[str, Any], before: dict[str, Any] | None, chosen: Filters) -> list[str]:
    notes = []
    if before is None and chosen.range_name != "all":
        notes.append(f"The data do not reach back over the {chosen.length} before: no comparison.")
    if now["unclassified"]:
        count = words.count(now["unclassified"], "response")
        notes.append(f"{count} seen only by the edge log: in no ratio.")
    return [" ".join(notes)] if notes else []


def cards(now: dict[str, Any], before: dict[str, Any] | None, chosen: Filters) -> list[Card]:
    """The five figures of the Overview."""
    low, high = words.percent(now["error_ratio_low"]), words.percent(now["error_ratio_high"])
    hidden = chosen.retryable is True
    return [
        Card(
            "Error ratio",
            words.percent(now["error_ratio"]),
            f"95 %: {low} to {high}" if now["error_ratio"] is not None else "nothing to divide by",
            "error_ratio",
            "ink",
            "Errors ÷ responses, by what the body says, whatever the HTTP status. Responses that "
            "only the edge log saw count in neither. The interval is Wilson’s.",
            "errors" + chosen.link(),
            _points(now, before),
            compared(now, before),
        ),
        Card(
            "Responses",
            words.number(now["responses"]),
            _unclassified(now),
            "responses",
            "muted",
            "API responses, each counted once, whichever logs saw it. Every attempt is one.",
            behind.all_responses(chosen),
            _count(now, before, "responses"),
        ),
        Card(
            "Failed operations",
            words.number(now["failed_operations"]),
            _of_operations(now),
            "failed_operations",
            "ink",
            "Operations (chains of attempts for one intent) that began here and ended in an error. "
            "Those still open are not counted.",
            behind.failed_operations(chosen),
            _count(now, before, "failed_operations"),
            _scaled(now, before, "failed_operations"),
        ),
        Card(
            "4002 lines saturated",
            words.number(now["refused"]),
            f"{words.count(now['refused_operations'], 'operation')} refused",
            "refused",
            "capacity",
            "Responses 4002. One refused operation may be answered 4002 many times: the demand "
            "that was refused is the operations.",
            "saturation" + chosen.link(),
            _count(now, before, "refused"),
            _scaled(now, before, "refused"),
        ),
        Card(
            "Non-retryable errors",
            words.NONE if hidden else words.number(now["final_errors"]),
            "hidden by the filter" if hidden else _of_errors(now),
            "final_errors",
            "final",
            "Errors whose body says retryable = false: sending the same again cannot succeed.",
            "" if hidden else "errors" + chosen.link(retryable="non-retryable"),
            None if hidden else _count(now, before, "final_errors"),
            "unknown" if hidden else _scaled(now, before, "final_errors"),
        ),
    ]


def _points(now: dict[str, Any], before: dict[str, Any] | None) -> str | None:
    if before is None or now["error_ratio"] is None or before["error_ratio"] is None:
        return None
    return words.signed(now["error_ratio"] - before["error_ratio"], " pp", 100)


def _count(now: dict[str, Any], before: dict[str, Any] | None, name: str) -> str | None:
    if before is None:
        return None
    said = words.change(now[name], before[name])
    return None if said == words.NONE else said


def _scaled(now: dict[str, Any], before: dict[str, Any] | None, name: str) -> State:
    """Whether a count grew by more than its own scatter (two standard deviations of counts)."""
    if before is None:
        return "unknown"
    difference, scatter = now[name] - before[name], 2 * (now[name] + before[name]) ** 0.5
    if abs(difference) <= scatter:
        return "same"
    return "worse" if difference > 0 else "better"


def _unclassified(now: dict[str, Any]) -> str:
    count = now["unclassified"]
    return f"{words.number(count)} seen only by the edge log" if count else "all classified"


def _of_operations(now: dict[str, Any]) -> str:
    share = words.percent(now["failed_ratio"])
    return f"{share} of {words.count(now['operations'], 'operation')}"


def _of_errors(now: dict[str, Any]) -> str:
    share = words.percent(now["final_errors"] / now["errors"], 0) if now["errors"] else words.NONE
    return f"{share} of {words.count(now['errors'], 'error')}"
