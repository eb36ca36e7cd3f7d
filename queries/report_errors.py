"""The report's tables of errors: by code, surface, retryability; and what nginx answered itself."""

from chertlog.queries.report import Report
from chertlog.queries.report_page import Cell, Logged, Row, Section, Share, Whisker
from chertlog.queries.report_words import change, code_name, flag, interval, percent

FLAGS = "↻ true, ✕ false, ? lost"


def errors(report: Report) -> list[Section]:
    """Errors, in all the ways one asks for them."""
    return [_by_code(report), _by_surface(report), _by_retryability(report), _edge_only(report)]


def within(report: Report, column: str = "occurred_at") -> str:
    """The window as a condition in SQL."""
    return f"{column} >= '{report.since:%F %R}' and {column} < '{report.until:%F %R}'"


def select(what: str, source: str, rest: str = "") -> str:
    """A question as one types it into a shell."""
    return f'chertlog sql "select {what} from {source}{" " + rest if rest else ""}"'


def _by_code(report: Report) -> Section:
    rows: list[list[Cell]] = [
        [
            code_name(row),
            row["meaning"] or "not in the API reference",
            f"{row['errors']:,}",
            percent(row["share"]),
            *(change(row["errors"], row[f"errors_{p.key}"]) or "–" for p in report.known),
            f"{row['operations']:,}",
            f"{row['tenants']:,}",
            f"{row['retryable_errors']:,}",
            f"{row['final_errors']:,}",
            f"{row['flagless_errors']:,}",
        ]
        for row in report.by_code
    ]
    heads = [f"vs {period.name.removeprefix('the ')}" for period in report.known]
    columns = ("Code", "Meaning", "Errors", "Share", *heads, "Operations", "Tenants", "↻", "✕", "?")
    most = max((row["errors"] for row in report.by_code), default=0)
    return Section(
        "code",
        "By code",
        f"Retryable as it was sent: {FLAGS}.",
        columns,
        frozenset(range(2, len(columns))),
        rows,
        "No errors.",
        select(
            "error_code, tenant_id, count(*) as errors",
            f"responses where is_error and {within(report)}",
            "group by all order by errors desc",
        ),
        tuple(_flags(row, most) for row in report.by_code),
        "↻ ✕ ?",
        wide=True,
    )


def _flags(row: Row, most: int) -> Share:
    sent = {"yes": "retryable_errors", "no": "final_errors", "lost": "flagless_errors"}
    return Share(
        f"{row['errors']:,} errors, retryable in {row['retryable_errors']:,}",
        tuple((name, row[column]) for name, column in sent.items()),
        most,
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
    heads = ("Surface", "Responses", "Errors", "Ratio", "95 % interval", "Failed operations")
    top = max((row["error_ratio_high"] or 0 for row in report.by_surface), default=0)
    return Section(
        "surface",
        "By surface",
        "",
        (*heads, "Under 2xx"),
        frozenset(range(1, 7)),
        rows,
        "No responses.",
        select(
            "*", f"error_rate_hourly where {within(report, 'hour')}", "order by error_ratio desc"
        ),
        tuple(
            Whisker(
                percent(row["error_ratio"]),
                row["error_ratio"],
                row["error_ratio_low"],
                row["error_ratio_high"],
                top,
            )
            for row in report.by_surface
        ),
        "Ratio with interval",
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
        "No errors.",
        select(
            "error_code, retryable, count(*) as errors",
            f"responses where is_error and {within(report)}",
            "group by all order by errors desc",
        ),
    )


def _agreement(row: Row) -> str:
    sent, default = row["retryable"], row["retryable_default"]
    if sent is None:
        return "flag lost"
    if default is None:
        return "no documented code"
    return "as documented" if sent == default else "override"


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
        "None.",
        select("*", f"edge_only_responses where {within(report, 'minute')}", "order by minute"),
    )
