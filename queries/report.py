"""Gathers the nightly report: every number from the views, over one window of time.

Owns the window and what the report holds. `report_markdown` and `report_html` write it down; no
number is computed there or here.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from chertlog.queries.catalogue import statements

if TYPE_CHECKING:
    from chertlog.queries.database import Connection

Row = dict[str, Any]

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SINCE = re.compile(r"\s*([0-9]{1,6})\s*([smhdw])\s*", re.IGNORECASE)
# Widths that divide a day, so that buckets begin where people expect them.
_WIDTHS_MIN = (1, 5, 15, 30, 60, 180, 360, 720, 1440, 7 * 1440)
_MOST_BUCKETS = 120
_EARLIEST = datetime.fromisoformat("1970-01-01")

# The four kinds of error over time: column of the views, name, and what it holds.
CLASSES = (
    ("client_errors", "client", "the request, credentials or account have to change"),
    ("platform_errors", "platform", "Chert or the delivery behind it failed"),
    ("capacity_errors", "capacity", "rate limits (1007) and saturated lines (4002)"),
    ("unclassified_errors", "unclassified", "no code, or one the reference does not know"),
)


@dataclass(frozen=True)
class Report:
    """The numbers of one window, as the views give them."""

    since: datetime | None
    until: datetime | None
    asked: str
    freshness: Row
    width_min: int = 0
    totals: Row = field(default_factory=dict)
    previous: Row | None = None
    over_time: list[Row] = field(default_factory=list)
    by_code: list[Row] = field(default_factory=list)
    by_surface: list[Row] = field(default_factory=list)
    by_retryability: list[Row] = field(default_factory=list)
    overrides: list[Row] = field(default_factory=list)
    edge_only: list[Row] = field(default_factory=list)
    unanswered: int = 0
    rejected: list[Row] = field(default_factory=list)
    sources: list[Row] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is no event at all, in any window."""
        return self.until is None

    @property
    def starts_late(self) -> bool:
        """Whether the data begin inside the window that was asked for."""
        first = self.freshness.get("first_minute")
        return first is not None and self.since is not None and first > self.since

    @property
    def clock_ahead(self) -> bool:
        """Whether the newest event is later than its loading: some clock was wrong."""
        newest, loaded = self.freshness["newest_event_at"], self.freshness["as_of"]
        return None not in (newest, loaded) and newest > loaded + timedelta(hours=1)


def parse_since(text: str) -> timedelta | None:
    """How far to look back: 90s, 90m, 24h, 7d, 2w; None for `all`. Raises ValueError."""
    if text.strip().lower() == "all":
        return None
    match = _SINCE.fullmatch(text)
    if not match or int(match[1]) == 0:
        raise ValueError(f"{text[:40]!r} is no length of time: write 90m, 24h, 7d or all.")
    return timedelta(**{_UNITS[match[2].lower()]: int(match[1])})


def gather(db: "Connection", span: timedelta | None) -> Report:
    """Every number of the report over the last `span` before the newest data; None for all."""
    queries = statements("report")
    freshness = db.rows(queries["window"])[0]
    until: datetime | None = freshness["end_at"]
    first: datetime | None = freshness["first_minute"]
    asked = "all data" if span is None else f"the last {_words(span)}"
    if until is None:
        return Report(since=None, until=None, asked=asked, freshness=freshness)
    since = (first or until) if span is None else _before(until, span)
    window = {"since": since, "until": until}
    width_min = bucket_width(max(since, first or since), until)

    def rows(name: str) -> list[Row]:
        return db.rows(queries[name], window)

    return Report(
        since=since,
        until=until,
        asked=asked,
        freshness=freshness,
        width_min=width_min,
        totals=rows("totals")[0],
        previous=_previous(db, since, until, first) if span else None,
        over_time=db.rows(queries["over_time"], {**window, "width_min": width_min}),
        by_code=rows("by_code"),
        by_surface=rows("by_surface"),
        by_retryability=rows("by_retryability"),
        overrides=rows("overrides"),
        edge_only=rows("edge_only"),
        unanswered=rows("unanswered")[0]["requests"],
        rejected=rows("rejected"),
        sources=rows("sources"),
    )


def bucket_width(since: datetime, until: datetime) -> int:
    """Minutes per bucket, so that a chart has enough bars to see and not too many to draw."""
    minutes = (until - since) / timedelta(minutes=1)
    fitting = (width for width in _WIDTHS_MIN if minutes / width <= _MOST_BUCKETS)
    return next(fitting, _WIDTHS_MIN[-1])


def _before(until: datetime, span: timedelta) -> datetime:
    try:
        return max(until - span, _EARLIEST)
    except OverflowError:
        return _EARLIEST


def _previous(
    db: "Connection", since: datetime, until: datetime, first: datetime | None
) -> Row | None:
    """The same numbers for the window before, if the data reach back over all of it."""
    start = _before(since, until - since)
    if first is None or start < first:
        return None
    return db.rows(statements("report")["totals"], {"since": start, "until": since})[0]


def _words(span: timedelta) -> str:
    minutes = round(span / timedelta(minutes=1))
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0 and (minutes >= 2 * size or size == 1):
            count = minutes // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{minutes} minutes"
