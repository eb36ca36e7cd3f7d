"""The words of the Health page: its verdict, the terms of the balance, reasons and statuses."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from chertlog.dashboard.data import Coverage
from chertlog.dashboard.drawing import words
from chertlog.dashboard.frame import behind

Row = dict[Any, Any]

TERMS = ("lines", "events", "rejected", "blank", "duplicates")
REASONS = {
    "encoding": "Not UTF-8.",
    "nul": "Holds a NUL byte.",
    "too_long": "Longer than 16 MiB.",
    "too_dense": "More than two million brackets, commas and colons: it would not fit in memory.",
    "json": "Not JSON that can be read: often cut off in the middle.",
    "not_object": "JSON, but no object.",
    "glued": "Two objects on one line: halves of different lines may be among them.",
    "time": "No time, or none that can be read.",
    "event": "Does not say what happened.",
    "number": "A status, duration or code that is no number.",
    "shape": "The format’s outer shape is missing or broken.",
    "syntax": "Does not fit the format’s template.",
    "wrapper": "Lacks the wrapper (docker, CRI, syslog …) that the rest of its file has.",
}
STATUSES = {
    "loaded": ("✓", "Its lines were read."),
    "grown": ("✓", "Begins like a source that was loaded; only its new lines were read."),
    "growing": ("!", "Its last line is not finished and was left for the next run."),
    "already loaded": ("✓", "The same content came before, under this name or another."),
    "empty": ("–", "Holds nothing."),
    "ignored": ("–", "Is no log."),
    "refused": ("✕", "Is no log of ours, or could not be read: its lines are in no number."),
}


@dataclass(frozen=True)
class Verdict:
    """What the page answers at its top."""

    sign: str
    headline: str
    details: list[str]
    is_good: bool


@dataclass(frozen=True)
class Card:
    """One term of the balance."""

    label: str
    value: str
    note: str
    help: str
    target: str


def verdict(logs: pd.DataFrame, statuses: pd.DataFrame, coverage: Coverage) -> Verdict:
    """Whether everything offered is accounted for and fresh."""
    faults = []
    lines, parts = int(logs["lines"].sum()), _parts(logs)
    if lines != parts:
        faults.append(f"{words.count(abs(lines - parts), 'line')} not accounted for")
    if (
        coverage.last_at is not None
        and _age(coverage.last_at) > coverage.stale_after.total_seconds()
    ):
        faults.append(f"the newest data are {words.duration(_age(coverage.last_at))} old")
    refused = int(statuses[statuses["status"] == "refused"]["sources"].sum())
    if refused:
        faults.append(f"{words.count(refused, 'file')} refused")
    rejected = int(logs["rejected"].sum())
    if rejected:
        faults.append(f"{words.count(rejected, 'line')} rejected")
    details = []
    if coverage.misdated:
        details.append(
            f"{words.count(coverage.misdated, 'response')} dated later than loaded: some clock is "
            "wrong."
        )
    if lines == parts:
        details.append(f"Each of {words.count(lines, 'line')} is accounted for.")
    if not faults:
        return Verdict("✓", "Every line is in, and the data are fresh", details, True)
    said = ", ".join(faults)
    return Verdict("!", said[0].upper() + said[1:], details, False)


def cards(logs: pd.DataFrame) -> list[Card]:
    """lines = events + rejected + blank + duplicates."""
    sums = {name: int(logs[name].sum()) for name in TERMS}
    notes = {
        "lines": ("Lines read", "read; the sum of the four beside"),
        "events": ("= Events", ""),
        "rejected": ("+ Rejected", ""),
        "blank": ("+ Blank", ""),
        "duplicates": ("+ Duplicates", ""),
    }
    helps = {
        "lines": "Lines of all sources. Of OTLP, records.",
        "events": "Lines that became an event.",
        "rejected": "Lines that could not become an event: listed below, each with its place.",
        "blank": "Lines of white space.",
        "duplicates": "Readable lines that were loaded before.",
    }
    return [
        Card(
            label,
            words.number(sums[name]),
            note or f"{_share(sums[name], sums['lines'])} of lines",
            helps[name],
            behind.rows("rejected_lines", [], order="source_id")
            if name == "rejected"
            else behind.rows("sources", [f"{name} > 0"], order=name),
        )
        for name, (label, note) in notes.items()
    ]


def reach(last: datetime, stale_after: timedelta) -> str:
    """How old the newest event of a log is, with a sign; `stale_after` is when that is a fault."""
    if pd.isna(last):
        return "? no time"
    age = _age(last)
    if age < 0:
        return "! ahead of the clock"
    return f"{'!' if age > stale_after.total_seconds() else '✓'} {words.duration(age)} ago"


def balance(row: Row) -> str:
    parts = sum(row[name] for name in TERMS[1:])
    return "✓ holds" if parts == row["lines"] else f"✕ {row['lines'] - parts:+,} lines"


def status(name: str) -> str:
    return f"{STATUSES.get(name, ('?', ''))[0]} {name}"


def missing(logs: pd.DataFrame) -> list[str]:
    """What is not known because a kind of log was never loaded."""
    seen = {str(each).split(":")[0] for each in logs["format"]}
    lost = {
        "app": "No application log was loaded: internal events, chains by key and headers are "
        "not known.",
        "nginx": "No edge log was loaded: what never reached the application is not known.",
        "otlp": "No OTLP export was loaded: nothing is lost that the application log has.",
    }
    return [said for name, said in lost.items() if name not in seen]


def together(logs: pd.DataFrame) -> Row:
    """All logs as one row."""
    counts: Row = {name: int(logs[name].sum()) for name in ("sources", *TERMS)}
    reach = {"first_event_at": logs["first_event_at"].min()}
    return {"format": "together", **counts, **reach, "last_event_at": logs["last_event_at"].max()}


def split(counts: list[int]) -> list[float]:
    """Shares for a bar, in which what there is can be seen, however little."""
    total = sum(counts) or 1
    seen = [max(each / total, 0.04) if each else 0.0 for each in counts]
    return [each / sum(seen) if sum(seen) else 0.0 for each in seen]


def _share(count: int, lines: int) -> str:
    return words.percent(count / lines if lines else None)


def _parts(logs: pd.DataFrame) -> int:
    return int(logs[list(TERMS[1:])].sum().sum())


def _age(at: datetime) -> float:
    return (datetime.now(UTC).replace(tzinfo=None) - at).total_seconds()
