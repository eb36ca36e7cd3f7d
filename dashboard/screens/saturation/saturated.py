"""The words of the 4002 page: its verdict, its cards, the marks of relief and forecast."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from chertlog.dashboard.drawing import words
from chertlog.dashboard.frame import behind
from chertlog.dashboard.frame.filters import Filters

Row = dict[Any, Any]

RELIEF = {
    "relieved": "✓ relieved",
    "herd took it": "! herd took it",
    "no relief": "✕ no relief",
    "unknown": "? no attempts",
}
FORECAST = {
    "ran out": "✕ ran out",
    "used up": "✕ used up",
    "runs out": "! runs out",
    "may run out": "! may run out",
    "lasts": "✓ lasts",
    "cannot tell": "? cannot tell",
}
# What a capacity rests on, in a word; the glossary is the header of view saturation_hours.
BASES = {"caps in the log": "caps", "filled hours": "filled hours", "lower bound": "lower bound"}


@dataclass(frozen=True)
class Card:
    """One figure, its small print, its help and the way to what is behind it."""

    label: str
    value: str
    note: str
    help: str
    target: str


def headline(hours: pd.DataFrame) -> tuple[str, str, str]:
    """Sign, sentence and state (worse, better or plain) of the hours with a 4002."""
    filled = int(hours["onset_at"].notna().sum())
    refused, unmet = int(hours["refused_operations"].sum()), int(hours["unmet_operations"].sum())
    tenants = hours["tenant_id"].nunique(dropna=False)
    if not filled:
        return (
            "!",
            f"{words.count(refused, 'operation')} met a 4002, but never so many that lines must "
            "have run out",
            "plain",
        )
    where = f"{words.count(filled, 'hour')} saturated, at {words.count(tenants, 'tenant')}"
    return (
        "✕",
        f"{where}: {words.number(unmet)} of {words.count(refused, 'refused operation')} had no "
        "success before their hour ended",
        "worse",
    )


def outlook(forecast: pd.DataFrame) -> str:
    """The newest hour in one sentence."""
    if forecast.empty:
        return "The newest hour holds no request on a route that ever answered 4002."
    first = forecast.iloc[0]
    counts = forecast["verdict"].value_counts()
    said = [
        f"{words.count(counts[name], 'tenant')} {_plural(name, counts[name])}"
        for name in FORECAST
        if name in counts
    ]
    hour = f"{words.minute(first['hour'])} {words.zone()}"
    return f"The newest hour, {hour}, as of {words.hour_second(first['as_of'])}: {', '.join(said)}."


def _plural(verdict: str, count: int) -> str:
    if count == 1 or verdict in ("ran out", "used up", "may run out"):
        return verdict
    return {"runs out": "run out", "lasts": "last", "cannot tell": "cannot be told"}.get(
        verdict, verdict
    )


def cards(hours: pd.DataFrame, all_minutes: Row, chosen: Filters) -> list[Card]:
    """The figures at the top; `all_minutes` sums the minutes of the period."""
    filled = hours[hours["onset_at"].notna()]
    onsets = filled["onset_at"].dt.minute
    settled = hours[hours["is_relief_settled"] & (hours["relief"] != "unknown")]
    relieved = int((settled["relief"] == "relieved").sum())
    firsts, refused = all_minutes["first_attempts"], all_minutes["refused_first_attempts"]
    operations, unmet = hours["refused_operations"].sum(), hours["unmet_operations"].sum()
    responses = hours["refused"].sum()
    low, high = (words.percent(all_minutes[f"refused_share_{end}"], 1) for end in ("low", "high"))
    return [
        Card(
            "First attempts refused",
            words.percent(refused / firsts if firsts else None),
            f"{words.number(refused)} of {words.number(firsts)} (95 %: {low} to {high})"
            if firsts
            else "no first attempt",
            "First attempts answered 4002, of all on routes that ever answered it. Retries do not "
            "count: they are the same demand again.",
            behind.refused_first_attempts(chosen),
        ),
        Card(
            "Unmet demand",
            words.number(unmet),
            f"of {words.count(operations, 'refused operation')}, in "
            f"{words.count(responses, '4002 response')}",
            "Operations that met a 4002 and had no success before their hour ended.",
            behind.saturated_hours(chosen, [], order="unmet_operations"),
        ),
        Card(
            "Saturated hours",
            words.number(len(filled)),
            f"of {words.count(len(hours), 'hour')} with a 4002, each tenant’s for itself",
            "Hours with an onset: a 4002 that three more followed within two minutes (parameters "
            "onset_refusals, onset_window_s).",
            behind.saturated_hours(chosen, ["onset_at is not null"], order="hour"),
        ),
        Card(
            "Median onset",
            f":{onsets.median():02.0f}" if len(onsets) else words.NONE,
            f"minute of the hour, from :{onsets.min():02} to :{onsets.max():02}"
            if len(onsets)
            else "no hour has an onset",
            "The minute in which the lines ran out. Early is worse: the rest of the hour is lost.",
            behind.saturated_hours(chosen, ["onset_at is not null"], order="minute(onset_at)"),
        ),
        Card(
            "Relieved at :00",
            words.percent(relieved / len(settled), 0) if len(settled) else words.NONE,
            f"{relieved:,} of {words.count(len(settled), 'hour')} seen to their end"
            if len(settled)
            else "no hour after them to see",
            "Hours after which no 4002 came in the first minutes of the next (relief_window_min). "
            "“Herd took it”: it came back at once, because those who waited took the new room.",
            behind.saturated_hours(chosen, ["is_relief_settled"], order="relief"),
        ),
    ]


def relief(row: Row) -> str:
    said = RELIEF.get(row["relief"], str(row["relief"]))
    return said if row["is_relief_settled"] or row["relief"] == "unknown" else f"{said} so far"


def onset(row: Row) -> str:
    """:43, or that there was none and when the first was refused."""
    if pd.isna(row["onset_at"]):
        return f"none (first :{row['first_refused_minute']:02})"
    return f":{row['onset_at'].minute:02}"


def remarks(row: Row) -> str:
    """What else is known of an hour."""
    said = []
    if row["hours_in_a_row"] > 1:
        said.append(f"{_nth(row['hours_in_a_row'])} hour in a row")
    if row["is_resaturation"]:
        said.append("sooner than before")
    if row["days_at_this_hour"] > 1:
        said.append(f"{_nth(row['days_at_this_hour'])} day at this hour")
    if not pd.isna(row["server_makes_herd"]) and row["server_makes_herd"]:
        said.append("all told to wait for :00")
    return " · ".join(said) or words.NONE


def lift(value: float | None) -> str:
    """60× is all in minute 0, 1× is even."""
    return words.NONE if value is None or pd.isna(value) else f"{value:.0f}×"


def expected(row: Row) -> str:
    """When the lines run out, with its interval."""
    at, low, high = (row[f"runs_out_{end}"] for end in ("at", "from", "to"))
    if row["verdict"] == "cannot tell":
        return words.NONE
    if pd.isna(at):
        if pd.isna(low):
            return "not before the hour ends"
        return f"perhaps from {words.hour_minute(low)} on"
    if low == at:
        return words.hour_minute(at)
    latest = "after the hour" if pd.isna(high) else words.hour_minute(high)
    return f"{words.hour_minute(at)} ({words.hour_minute(low)} to {latest})"


def peak(profile: pd.DataFrame, unit: str) -> str:
    """The profile in one sentence."""
    known = profile.dropna(subset=["value"])
    if known.empty or not known["value"].max() > 0:
        return "No minute of the hour has a refusal."
    top = known.sort_values("value").iloc[-1]
    at_zero = known[known["minute_of_hour"] == 0]

    def figure(value: float) -> str:
        return f"{value:.1f}%" if unit else f"{value:,.0f}"

    said = f"Most at {top['x']} with {figure(top['value'])}"
    return said + (f"; at :00 {figure(at_zero.iloc[0]['value'])}." if len(at_zero) else ".")


def _nth(number: int) -> str:
    last = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else last}"


def moment(text: str | None) -> datetime | None:
    """The full hour that a URL names; None if it names none."""
    try:
        at = datetime.fromisoformat(text or "").replace(tzinfo=None)
    except ValueError:
        return None
    return at.replace(minute=0, second=0, microsecond=0)
