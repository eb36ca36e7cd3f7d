"""The report's tables, section by section, before they become Markdown or HTML.

Owns titles, cells and the question that digs on, so that both forms say the same. Text that comes
from logs is marked as `Logged`; how that is made harmless is each form's business.
"""

from dataclasses import dataclass

from chertlog.queries.report import Report, Row
from chertlog.queries.report_words import code_name, flag, interval, percent
from chertlog.queries.tables import time_text


@dataclass(frozen=True)
class Logged:
    """Text that somebody else wrote: it is shown, never interpreted."""

    text: str


Cell = str | Logged


@dataclass(frozen=True)
class Section:
    """A table with its words; without rows, `empty` is said instead."""

    key: str
    title: str
    text: str
    columns: tuple[str, ...]
    right: frozenset[int]
    rows: list[list[Cell]]
    dig: str
    empty: str


def sections(report: Report) -> list[Section]:
    """The tables of the report, in order."""
    return [
        _by_code(report),
        _by_surface(report),
        _by_retryability(report),
        _overrides(report),
        _edge_only(report),
        _rejected(report),
        _sources(report),
    ]


def _by_code(report: Report) -> Section:
    rows: list[list[Cell]] = [
        [
            code_name(row),
            row["meaning"] or "not in the API reference",
            f"{row['errors']:,}",
            percent(row["share"]),
            f"{row['retryable_errors']:,}",
            f"{row['final_errors']:,}",
            f"{row['flagless_errors']:,}",
            f"{row['operations']:,}",
            f"{row['tenants']:,}",
        ]
        for row in report.by_code
    ]
    return Section(
        "code",
        "By code",
        "Retryable as it was sent: ↻ true, ✕ false, ? lost.",
        ("Code", "Meaning", "Errors", "Share", "↻", "✕", "?", "Operations", "Tenants"),
        frozenset(range(2, 9)),
        rows,
        _select(
            "error_code, tenant_id, count(*) as errors",
            f"responses where is_error and {_within(report)}",
            "group by all order by errors desc",
        ),
        "No errors.",
    )


def _by_surface(report: Report) -> Section:
    rows: list[list[Cell]] = [
        [
            Logged(row["surface"]),
            f"{row['responses']:,}",
            f"{row['errors']:,}",
            percent(row["error_ratio"]),
            interval(row),
            f"{row['failed_operations']:,}",
            f"{row['logical_failures']:,}",
        ]
        for row in report.by_surface
    ]
    return Section(
        "surface",
        "By surface",
        "",
        (
            "Surface",
            "Responses",
            "Errors",
            "Ratio",
            "95 % interval",
            "Failed operations",
            "Under 2xx",
        ),
        frozenset(range(1, 7)),
        rows,
        _select(
            "*", f"error_rate_hourly where {_within(report, 'hour')}", "order by error_ratio desc"
        ),
        "No responses.",
    )


def _by_retryability(report: Report) -> Section:
    rows: list[list[Cell]] = [
        [
            flag(row["retryable"]),
            {True: "true", False: "false", None: "none"}[row["retryable_default"]],
            _agreement(row),
            f"{row['errors']:,}",
            percent(row["share"]),
            f"{row['operations']:,}",
        ]
        for row in report.by_retryability
    ]
    return Section(
        "retryability",
        "By retryability",
        "What was sent holds; the reference's default stands beside it to show drift.",
        ("Sent", "Default", "", "Errors", "Share", "Operations"),
        frozenset({3, 4, 5}),
        rows,
        _select(
            "error_code, retryable, count(*) as errors",
            f"responses where is_error and {_within(report)}",
            "group by all order by errors desc",
        ),
        "No errors.",
    )


def _overrides(report: Report) -> Section:
    rows: list[list[Cell]] = [
        [
            Logged(row["http_route"] or "–"),
            code_name(row),
            flag(row["retryable"]),
            flag(row["retryable_default"]),
            f"{row['errors']:,}",
        ]
        for row in report.overrides
    ]
    return Section(
        "overrides",
        "Overrides",
        "Routes that sent another retryable than the reference's default for the code.",
        ("Route", "Code", "Sent", "Default", "Errors"),
        frozenset({4}),
        rows,
        _select("*", "retryable_overrides", ""),
        "None: every flag was the default.",
    )


def _edge_only(report: Report) -> Section:
    rows: list[list[Cell]] = [
        ["–" if row["http_status"] is None else str(row["http_status"]), f"{row['responses']:,}"]
        for row in report.edge_only
    ]
    return Section(
        "edge",
        "Answered by nginx itself",
        "They reached no service, have no trace_id, and count in no ratio.",
        ("HTTP status", "Responses"),
        frozenset({1}),
        rows,
        _select("*", f"edge_only_responses where {_within(report, 'minute')}", "order by minute"),
        "None.",
    )


def _rejected(report: Report) -> Section:
    rows: list[list[Cell]] = [
        [
            Logged(row["reason"]),
            f"{row['lines']:,}",
            f"{row['files']:,}",
            Logged(f"{row['example_path']}:{row['example_line']}"),
            Logged(_short(row["example"] or "–")),
        ]
        for row in report.rejected
    ]
    return Section(
        "rejected",
        "Rejected lines",
        "Lines of the files behind this window that could not become an event.",
        ("Reason", "Lines", "Files", "For example", "It looked like"),
        frozenset({1, 2}),
        rows,
        _select("reason, path, line_number, byte_offset, excerpt", "rejected_lines", ""),
        "None: every line could be read.",
    )


def _sources(report: Report) -> Section:
    counts = ("files", "lines", "events", "rejected", "blank", "duplicates")
    rows: list[list[Cell]] = [
        [
            Logged(row["format"] or "–"),
            Logged(row["status"]),
            *(f"{row[name]:,}" for name in counts),
            time_text(row["last_event_at"]),
        ]
        for row in report.sources
    ]
    newest, as_of = (time_text(report.freshness[n]) for n in ("newest_event_at", "as_of"))
    return Section(
        "sources",
        "Sources",
        f"Loaded up to {newest} UTC; the last ingest ended at {as_of} UTC. "
        "lines = events + rejected + blank + duplicates.",
        ("Format", "Status", *(name.capitalize() for name in counts), "Newest event"),
        frozenset(range(2, 8)),
        rows,
        _select("path, status, reason, lines, events, rejected", "sources", ""),
        "No file reaches into this window.",
    )


def _agreement(row: Row) -> str:
    sent, default = row["retryable"], row["retryable_default"]
    if sent is None:
        return "flag lost"
    if default is None:
        return "no documented code"
    return "as documented" if sent == default else "override"


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"


def _within(report: Report, column: str = "occurred_at") -> str:
    return f"{column} >= '{report.since:%F %R}' and {column} < '{report.until:%F %R}'"


def _select(what: str, source: str, rest: str) -> str:
    return f'chertlog sql "select {what} from {source}{" " + rest if rest else ""}"'
