"""What a report is made of before it becomes Markdown or HTML: words, tables, drawings.

Owns the parts alone, so that both forms say the same of both reports, ours and the customer's. Text
that comes from logs is marked as `Logged`; how that is made harmless is each form's business.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Logged:
    """Text that somebody else wrote: it is shown, never interpreted."""

    text: str


Cell = str | Logged


@dataclass(frozen=True)
class Share:
    """Counts of one whole, side by side, each in the colour of its name."""

    title: str
    parts: tuple[tuple[str, int], ...]
    whole: int


@dataclass(frozen=True)
class Whisker:
    """A ratio with its interval, on a scale from 0 to `top`."""

    title: str
    middle: float | None
    low: float | None
    high: float | None
    top: float


@dataclass(frozen=True)
class Strip:
    """Stretches of time within a window: (from, to, colour name, strength 0 to 1, title)."""

    title: str
    since: datetime
    until: datetime
    pieces: tuple[tuple[datetime, datetime, str, float, str], ...]


Drawing = Share | Whisker | Strip


@dataclass(frozen=True)
class Section:
    """A table with its words; without rows, `empty` is said instead."""

    key: str
    title: str
    text: str
    columns: tuple[str, ...]
    right: frozenset[int]
    rows: list[list[Cell]]
    empty: str
    dig: str = ""  # the question that digs on, as one types it
    drawings: tuple[Drawing, ...] = ()  # one a row, in HTML only
    drawn: str = ""  # the heading of their column
    wide: bool = False  # the first column's second cell stands below it, in HTML


@dataclass(frozen=True)
class Series:
    """Errors over a window, in buckets, by class: column, name and what it holds."""

    width_min: int
    rows: list[Row]
    classes: tuple[tuple[str, str, str], ...]
    earlier: list[Row] = field(default_factory=list)
    earlier_name: str = ""


@dataclass(frozen=True)
class Page:
    """A whole report, ready to be written down."""

    title: str
    window: str
    summary: str
    remarks: list[str]
    tiles: list[tuple[str, str, str]]  # label, value, what it means
    series: Series | None
    sections: list[Section]
    footer: str
    quote: tuple[str, str] | None = None  # a heading, and a paragraph to send as it is
