"""Gathers the nightly report: every number from the views, over one window of time.

Owns the window, what it is compared with, and what the report holds. `report_markdown`,
`report_html` and `report_json` write it down; no number is computed there or here.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from chertlog.queries.catalogue import statements
from chertlog.queries.moments import EARLIEST
from chertlog.queries.report_page import Row, Series

if TYPE_CHECKING:
    from chertlog.queries.database import Connection

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SINCE = re.compile(r"\s*([0-9]{1,6})\s*([smhdw])\s*", re.IGNORECASE)
# Widths that divide a day, so that buckets begin where people expect them.
_WIDTHS_MIN = (1, 5, 15, 30, 60, 180, 360, 720, 1440, 7 * 1440)
_MOST_BUCKETS = 120
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_PARAMETER = re.compile(r"\$([a-z_]+)")

# The four kinds of error over time: column of the views, name, and what it holds.
CLASSES = (
    ("client_errors", "client", "the request, credentials or account have to change"),
    ("platform_errors", "platform", "Chert or the delivery behind it failed"),
    ("capacity_errors", "capacity", "rate limits (1007) and saturated lines (4002)"),
    ("unclassified_errors", "unclassified", "no code, or one the reference does not know"),
)


@dataclass(frozen=True)
class Period:
    """A window to compare with; `why` says why it cannot be, else there are `totals`."""

    key: str  # before, week_before
    name: str  # the day before
    since: datetime
    until: datetime
    coverage: Row
    totals: Row | None = None

    @property
    def is_known(self) -> bool:
        """Whether the data cover it."""
        return not (self.coverage["begins_late"] or self.coverage["has_gap"])

    @property
    def why(self) -> str:
        """Why it cannot be compared; "" if it can."""
        if self.coverage["data_from"] is None:
            return "no response is loaded"
        if self.coverage["begins_late"]:
            return f"the data begin at {self.coverage['data_from']:%Y-%m-%d %H:%M} UTC"
        if self.coverage["has_gap"]:
            hours = self.coverage["longest_gap_h"]
            return f"no log holds a response for {hours} of its hours in a row"
        return ""


@dataclass(frozen=True)
class Window:
    """Which time a report is about, and what it is compared with."""

    since: datetime | None
    until: datetime | None
    asked: str
    freshness: Row
    width_min: int = 0
    coverage: Row = field(default_factory=dict)
    compared: list[Period] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is no event at all, in any window."""
        return self.until is None

    @property
    def known(self) -> list[Period]:
        """The periods that the data cover. Columns about one of them end with its key."""
        return [period for period in self.compared if period.is_known]

    @property
    def before(self) -> Period | None:
        """The window before, if the data cover it."""
        return self._of("before")

    @property
    def week_before(self) -> Period | None:
        """The same window a week before, if the data cover it."""
        return self._of("week_before")

    def _of(self, key: str) -> Period | None:
        return next((period for period in self.known if period.key == key), None)

    @property
    def times(self) -> dict[str, datetime | None]:
        """The window as parameters of queries; what is not to be compared is NULL."""
        before, week = self.before, self.week_before
        return {
            "since": self.since,
            "until": self.until,
            "before_since": before.since if before else None,
            "before_until": before.until if before else None,
            "week_since": week.since if week else None,
            "week_until": week.until if week else None,
        }


@dataclass(frozen=True)
class Measured(Window):
    """A window with what every report begins with, ours and a customer's."""

    totals: Row = field(default_factory=dict)
    over_time: list[Row] = field(default_factory=list)
    over_time_before: list[Row] = field(default_factory=list)

    def series(self, classes: tuple[tuple[str, str, str], ...]) -> Series:
        """Errors over the window, and over the one before, by these classes."""
        before = self.before.name if self.before else ""
        return Series(self.width_min, self.over_time, classes, self.over_time_before, before)


@dataclass(frozen=True)
class Report(Measured):
    """The numbers of one window, as the views give them."""

    movers_by_code: list[Row] = field(default_factory=list)
    movers_by_tenant: list[Row] = field(default_factory=list)
    storms: list[Row] = field(default_factory=list)
    saturation: list[Row] = field(default_factory=list)
    clients: list[Row] = field(default_factory=list)
    by_code: list[Row] = field(default_factory=list)
    by_surface: list[Row] = field(default_factory=list)
    by_retryability: list[Row] = field(default_factory=list)
    violations: list[Row] = field(default_factory=list)
    undocumented_codes: list[Row] = field(default_factory=list)
    overrides: list[Row] = field(default_factory=list)
    edge_only: list[Row] = field(default_factory=list)
    unanswered: int = 0
    logs: list[Row] = field(default_factory=list)
    silent_hosts: list[Row] = field(default_factory=list)
    rejected: list[Row] = field(default_factory=list)
    sources: list[Row] = field(default_factory=list)

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


def window_of(db: "Connection", span: timedelta | None) -> Window:
    """The last `span` before the newest data (None: all of it), and what it is compared with."""
    freshness = ask(db, "report", "window", {})[0]
    until: datetime | None = freshness["end_at"]
    first: datetime | None = freshness["first_minute"]
    asked = "all data" if span is None else f"the last {_words(span)}"
    if until is None:
        return Window(since=None, until=None, asked=asked, freshness=freshness)
    since = (first or until) if span is None else _before(until, span)
    coverage = _coverage(db, since, until, 0)
    gap_h = coverage["longest_gap_h"]
    return Window(
        since=since,
        until=until,
        asked=asked,
        freshness=freshness,
        width_min=bucket_width(max(since, first or since), until),
        coverage=coverage,
        compared=[
            Period(key, name, start, end, _coverage(db, start, end, gap_h))
            for key, name, start, end in _earlier(since, until, span)
        ],
    )


def gather(db: "Connection", span: timedelta | None, now: datetime | None = None) -> Report:
    """Every number of the report over the last `span` before the newest data; None for all.

    `now` is naive UTC: by it, data are stale.
    """
    window = window_of(db, span)
    if window.is_empty:
        return Report(**vars(window))
    given = {
        **window.times,
        "width_min": window.width_min,
        "now": now or datetime.now(UTC).replace(tzinfo=None),
    }

    def rows(name: str, **other: object) -> list[Row]:
        return ask(db, "report", name, {**given, **other})

    tables: dict[str, Any] = {
        name: rows(name) if window.before or name not in _IF_COMPARED else [] for name in TABLES
    }
    return Report(**measured(window, rows), unanswered=rows("unanswered")[0]["requests"], **tables)


# Queries whose rows the report holds as they are, in the order in which JSON gives them.
TABLES = (
    "movers_by_code",
    "movers_by_tenant",
    "storms",
    "saturation",
    "clients",
    "by_code",
    "by_surface",
    "by_retryability",
    "violations",
    "undocumented_codes",
    "overrides",
    "edge_only",
    "logs",
    "silent_hosts",
    "rejected",
    "sources",
)
_IF_COMPARED = ("movers_by_code", "movers_by_tenant", "silent_hosts")


def measured(window: Window, rows: Callable[..., list[Row]]) -> dict[str, Any]:
    """The fields of Measured: the window, and the headline numbers of it and of all periods."""

    def of(name: str, period: Period) -> list[Row]:
        return rows(name, since=period.since, until=period.until)

    compared = [
        replace(each, totals=of("totals", each)[0]) if each.is_known else each
        for each in window.compared
    ]
    return {
        **vars(window),
        "compared": compared,
        "totals": rows("totals")[0],
        "over_time": rows("over_time"),
        "over_time_before": of("over_time", window.before) if window.before else [],
    }


def ask(db: "Connection", folder: str, name: str, given: Mapping[str, object]) -> list[Row]:
    """The rows of a packaged query, bound to those parameters that it mentions."""
    query = statements(folder)[name]
    return db.rows(query, {key: given[key] for key in _PARAMETER.findall(query)} or None)


def bucket_width(since: datetime, until: datetime) -> int:
    """Minutes per bucket, so that a chart has enough bars to see and not too many to draw."""
    minutes = (until - since) / timedelta(minutes=1)
    fitting = (width for width in _WIDTHS_MIN if minutes / width <= _MOST_BUCKETS)
    return next(fitting, _WIDTHS_MIN[-1])


def _coverage(db: "Connection", since: datetime, until: datetime, gap_h: int) -> Row:
    return ask(db, "report", "covered", {"since": since, "until": until, "gap_h": gap_h})[0]


def _earlier(
    since: datetime, until: datetime, span: timedelta | None
) -> list[tuple[str, str, datetime, datetime]]:
    """The windows to compare with: the one before, and the same one a week before."""
    if span is None:
        return []
    name = {_DAY: "the day before", _WEEK: "the week before"}.get(span, "the window before")
    found = [("before", name, _before(since, until - since), since)]
    if span < _WEEK:
        found.append(("week_before", "a week before", _before(since, _WEEK), _before(until, _WEEK)))
    return found


def _before(until: datetime, span: timedelta) -> datetime:
    try:
        return max(until - span, EARLIEST)
    except OverflowError:
        return EARLIEST


def _words(span: timedelta) -> str:
    minutes = round(span / timedelta(minutes=1))
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0 and (minutes >= 2 * size or size == 1):
            count = minutes // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{minutes} minutes"
