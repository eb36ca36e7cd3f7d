"""The report's tables of what clients do: retry storms, 4002 saturation, the worst clients."""

from datetime import timedelta

from chertlog.queries.report import Report
from chertlog.queries.report_errors import select, within
from chertlog.queries.report_page import Cell, Logged, Row, Section, Strip
from chertlog.queries.report_words import code_name, length, number, percent
from chertlog.queries.tables import time_text

_MOST = 10
_HOUR = timedelta(hours=1)

# Of a verdict: its sign, and its colour in charts. A herd is grey, since nobody does wrong.
STORMS = {
    "retry storm": ("■", "no"),
    "saturation storm": ("◆", "capacity"),
    "amplified outage": ("▲", "outage"),
    "metastable": ("▼", "line-fill"),
    "top-of-hour herd": ("●", "lost"),
}


def clients(report: Report) -> list[Section]:
    """Who retries how, and at what cost."""
    return [_storms(report), _saturation(report), _worst(report)]


def _storms(report: Report) -> Section:
    shown = report.storms[:_MOST]
    rows: list[list[Cell]] = [
        [
            f"{STORMS.get(row['verdict'], STORMS['retry storm'])[0]} {row['verdict']}",
            Logged(row["tenant_id"] or "unknown"),
            time_text(row["started_at"].replace(microsecond=0)),
            length(row["seconds"]) + (" …" if row["may_go_on"] else ""),
            code_name(row),
            f"{row['retries']:,}",
            f"{row['operations']:,}",
            f"{row['wasted_attempts']:,}",
            f"{row['operations_saved']:,}",
        ]
        for row in shown
    ]
    more = len(report.storms) - len(shown)
    return Section(
        "storms",
        "Retry storms",
        "Episodes in which a client retried far more than is normal for it, the most costly first."
        + (f" {more:,} more cost less." if more else ""),
        (
            "What it was",
            "Tenant",
            "Started (UTC)",
            "Length",
            "Code",
            "Retries",
            "Operations",
            "Attempts wasted",
            "Operations saved",
        ),
        frozenset({3, 5, 6, 7, 8}),
        rows,
        "None.",
        select(
            "*",
            f"retry_storms where ended_at >= '{report.since:%F %R}'"
            f" and started_at < '{report.until:%F %R}'",
            "order by wasted_attempts desc",
        ),
        tuple(_when(row, report) for row in shown),
        "When",
    )


def _when(row: Row, report: Report) -> Strip:
    since, until = report.since, report.until
    assert since is not None and until is not None
    colour = STORMS.get(row["verdict"], STORMS["retry storm"])[1]
    words = f"{time_text(row['started_at'].replace(microsecond=0))} UTC, {length(row['seconds'])}"
    piece = (max(row["started_at"], since), min(row["ended_at"], until), colour, 1.0, words)
    return Strip(words, since, until, (piece,))


def _saturation(report: Report) -> Section:
    shown = report.saturation[:_MOST]
    most = max((hour["refused"] for row in shown for hour in row["by_hour"]), default=0)
    rows: list[list[Cell]] = [
        [
            Logged(row["tenant_id"] or "unknown"),
            f"{row['hours']:,}",
            f"{row['refused']:,}",
            f"{row['refused_operations']:,}",
            f"{row['unmet_operations']:,}",
            *(number(row[f"unmet_{period.key}"]) for period in report.known),
            f":{row['first_minute']:02}",
            _relief(row),
        ]
        for row in shown
    ]
    heads = [period.name.capitalize() for period in report.known]
    columns = (
        "Tenant",
        "Hours",
        "4002 responses",
        "Operations refused",
        "Unserved in the hour",
        *heads,
        "Earliest minute",
        "At the full hour",
    )
    more = len(report.saturation) - len(shown)
    return Section(
        "saturation",
        "4002 saturation",
        "All lines of a tenant are full until the top of the hour. Demand is operations refused, "
        "not 4002 responses: a client that is refused asks again."
        + (f" {more:,} more tenants had less." if more else ""),
        columns,
        frozenset(range(1, len(columns) - 1)),
        rows,
        "No lines ran out.",
        select("*", f"saturation_hours where {within(report, 'hour')}", "order by hour"),
        tuple(_hours(row, report, most) for row in shown),
        "When",
    )


def _relief(row: Row) -> str:
    said = {
        "relieved": row["relieved_hours"],
        "herd took it": row["herd_hours"],
        "no relief": row["unrelieved_hours"],
        "not known": row["unknown_hours"],
    }
    return ", ".join(f"{hours:,} × {name}" for name, hours in said.items() if hours)


def _hours(row: Row, report: Report, most: int) -> Strip:
    assert report.since is not None and report.until is not None
    pieces = tuple(
        (
            hour["hour"],
            hour["hour"] + _HOUR,
            "capacity",
            hour["refused"] / most,
            f"{hour['hour']:%d %b %H}:00 UTC: {hour['refused']:,} refused, "
            f"{hour['unmet']:,} operations unserved",
        )
        for hour in row["by_hour"]
        if hour["hour"] + _HOUR > report.since
    )
    return Strip(f"{row['hours']:,} saturated hours", report.since, report.until, pieces)


def _worst(report: Report) -> Section:
    shown = report.clients[:_MOST]
    rows: list[list[Cell]] = [
        [
            Logged(row["tenant_id"] or "unknown"),
            f"{row['grade']}, {row['verdict']}",
            ", ".join(each.replace("_", " ") for each in row["findings"]),
            f"{row['retries']:,}",
            "–" if row["amplification"] is None else f"{row['amplification']:.2f}",
            f"{row['early_retries']:,}",
            f"{row['retries_of_final_errors']:,}",
            percent(row["retry_share"]),
        ]
        for row in shown
    ]
    more = len(report.clients) - len(shown)
    return Section(
        "clients",
        "Worst clients",
        "Graded over everything loaded (A is best, E worst); the figures are of this window."
        + (f" {more:,} more have less to mend." if more else ""),
        (
            "Tenant",
            "Grade",
            "What it does wrong",
            "Retries",
            "Attempts an operation",
            "Too early",
            "After a final error",
            "Retries of all attempts",
        ),
        frozenset(range(3, 8)),
        rows,
        "None: every client that retried does so as the reference asks, or too seldom to judge.",
        select(
            "tenant_id, grade, findings, paragraph",
            "client_conduct where verdict = 'misbehaves'",
        ),
    )
