"""The report's tables of contract drift and of data quality."""

from chertlog.queries.report import Period, Report
from chertlog.queries.report_errors import select, within
from chertlog.queries.report_page import Cell, Logged, Row, Section
from chertlog.queries.report_words import change, code_name, count, flag, number
from chertlog.queries.tables import time_text


def contract(report: Report) -> list[Section]:
    """Where the API departs from its reference, and whether it did before."""
    return [_violations(report), _undocumented(report), _overrides(report)]


def quality(report: Report) -> list[Section]:
    """How far the data can be trusted."""
    return [_checks(), _logs(report), _rejected(report), _sources(report)]


def _violations(report: Report) -> Section:
    earlier = report.known
    rows: list[list[Cell]] = [
        [
            row["kind"].replace("_", " "),
            f"{row['violations']:,}",
            *_then(row, "violations", earlier),
            f"{row['routes']:,}",
            time_text(row["first_seen_at"].replace(microsecond=0)),
            Logged(row["last_trace_id"] or "–"),
        ]
        for row in report.violations
    ]
    columns = ("Rule broken", "Responses", *_heads(earlier), "Routes", "First seen (UTC)", "Latest")
    return Section(
        "violations",
        "Contract drift: answers that the reference does not allow",
        "" if earlier else "No earlier period can be compared.",
        columns,
        frozenset(range(1, len(columns) - 2)),
        rows,
        "None.",
        select("*", f"contract_violations where {within(report)}", "order by kind"),
    )


def _undocumented(report: Report) -> Section:
    earlier = report.known
    rows: list[list[Cell]] = [
        [
            str(row["error_code"]),
            "new in this window" if row["is_new"] else "known before",
            f"{row['errors']:,}",
            *_then(row, "errors", earlier),
            f"{row['tenants']:,}",
            Logged(", ".join(row["routes"] or [])),
            Logged(row["last_trace_id"] or "–"),
        ]
        for row in report.undocumented_codes
    ]
    heads = ("Code", "", "Errors", *_heads(earlier), "Tenants", "Routes", "Latest")
    return Section(
        "undocumented",
        "Contract drift: codes in no reference",
        "",
        heads,
        frozenset(range(2, len(heads) - 2)),
        rows,
        "None.",
        select("*", "errors_by_code where error_type is null and error_code is not null"),
    )


def _overrides(report: Report) -> Section:
    earlier = report.known
    rows: list[list[Cell]] = [
        [
            Logged(row["http_route"] or "–"),
            code_name(row),
            flag(row["retryable"]),
            flag(row["retryable_default"]),
            f"{row['errors']:,}",
            *_then(row, "errors", earlier),
            _state(row),
        ]
        for row in report.overrides
    ]
    heads = ("Route", "Code", "Sent", "Default", "Errors", *_heads(earlier), "")
    return Section(
        "overrides",
        "Contract drift: overrides",
        "Routes that sent another retryable than the reference's default for the code.",
        heads,
        frozenset(range(4, len(heads) - 1)),
        rows,
        "None: every flag was the default.",
        select("*", "retryable_overrides"),
    )


def _heads(earlier: list[Period]) -> list[str]:
    return [head for period in earlier for head in (period.name.capitalize(), "")]


def _then(row: Row, column: str, earlier: list[Period]) -> list[str]:
    cells: list[str] = []
    for period in earlier:
        then = row[f"{column}_{period.key}"]
        cells += [number(then), change(row[column], then)]
    return cells


def _state(row: Row) -> str:
    if row["is_new"]:
        return "new in this window"
    return "known before" if row["errors"] else "no more"


def _checks() -> Section:
    # To ask them again would take four fifths of the report's time over 10 million responses.
    return Section(
        "checks",
        "Data quality: checks",
        "",
        (),
        frozenset(),
        [],
        "Every check held when this was published: a database in which one fails is not. The "
        "question below asks them again.",
        "chertlog check",
    )


def _logs(report: Report) -> Section:
    rows: list[list[Cell]] = [
        [
            f"{row['log']} log",
            time_text(row["newest_at"].replace(microsecond=0)),
            f"{row['behind_h']:,.1f} h",
            "✕ stale" if row["is_stale"] or row["is_behind"] else "✓ as it should be",
        ]
        for row in report.logs
    ]
    rows += [
        [
            Logged(row["host"]),
            time_text(row["last_hour"]),
            "",
            f"✕ silent: {count(row['responses_before'], 'response')} before, none now",
        ]
        for row in report.silent_hosts
    ]
    return Section(
        "logs",
        "Data quality: how far the logs reach",
        "Behind: before the newest event of all. A host is silent that answered in the window "
        "before and not in this one."
        if report.before
        else "Behind: before the newest event of all.",
        ("Log or host", "Newest (UTC)", "Behind", ""),
        frozenset({2}),
        rows,
        "No log was loaded.",
        "chertlog sql freshness",
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
        "Data quality: rejected lines",
        "Lines of the files behind this window that could not become an event.",
        ("Reason", "Lines", "Files", "For example", "It looked like"),
        frozenset({1, 2}),
        rows,
        "None: every line could be read.",
        select("reason, path, line_number, byte_offset, excerpt", "rejected_lines"),
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
        "Data quality: sources",
        f"Loaded up to {newest} UTC; the last ingest ended at {as_of} UTC. "
        "lines = events + rejected + blank + duplicates.",
        ("Format", "Status", *(name.capitalize() for name in counts), "Newest event"),
        frozenset(range(2, 8)),
        rows,
        "No file reaches into this window.",
        select("path, status, reason, lines, events, rejected", "sources"),
    )


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
