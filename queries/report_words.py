"""The report's words: its heading, its summary, its headline numbers, and how numbers look.

Owns what is said above the tables; these are `report_sections`' business.
"""

from chertlog.queries.report import Report, Row
from chertlog.queries.tables import time_text


def title(report: Report) -> str:
    """The heading: the window, in words."""
    return f"Chert API errors, {report.asked}"


def window_words(report: Report) -> str:
    """The window itself."""
    return f"{time_text(report.since)} to {time_text(report.until)} UTC"


def summary(report: Report) -> str:
    """The report in three sentences."""
    totals = report.totals
    if not totals["responses"]:
        return "No response was logged in this window."
    ratio = percent(totals["error_ratio"])
    first = f"{totals['errors']:,} of {totals['responses']:,} responses were errors: {ratio}"
    if report.previous and report.previous["error_ratio"] is not None:
        first += f", after {percent(report.previous['error_ratio'])} in the window before"
    sentences = [f"{first}. {totals['failed_operations']:,} operations failed in the end."]
    if report.by_code:
        top = report.by_code[0]
        meaning = f" ({top['meaning']})" if top["meaning"] else ""
        sentences.append(
            f"Most frequent: {code_name(top)}{meaning}, {percent(top['share'])} of all errors."
        )
    return " ".join(sentences)


def tiles(report: Report) -> list[tuple[str, str, str]]:
    """The headline numbers: label, value, what it means."""
    t, before = report.totals, report.previous or {}
    interval = f"{percent(t['error_ratio_low'])} to {percent(t['error_ratio_high'])}"
    failed_ratio = f"of {t['operations']:,} operations: gave up, or met a final error"
    return [
        ("Responses", f"{t['responses']:,}", _than(before, "responses")),
        ("Error ratio", percent(t["error_ratio"]), f"95 % interval {interval}"),
        ("Errors", f"{t['errors']:,}", _than(before, "errors")),
        ("Failed operations", f"{t['failed_operations']:,}", failed_ratio),
        ("Logical failures", f"{t['logical_failures']:,}", "errors under HTTP 200"),
        ("Unclassified", f"{t['unclassified']:,}", "seen by the edge log only: in no ratio"),
    ]


def _than(before: Row, name: str) -> str:
    return f"{before[name]:,} in the window before" if before else "in this window"


def remarks(report: Report) -> list[str]:
    """What one must know before one trusts the numbers."""
    fresh, said = report.freshness, []
    if report.starts_late:
        said.append(f"The data begin at {time_text(fresh['first_minute'])} UTC, inside the window.")
    if report.clock_ahead:
        said.append(
            f"The newest event ({time_text(fresh['newest_event_at'])} UTC) is later than its "
            "loading: some clock was wrong, and the window counts back from it."
        )
    if fresh["sources_refused"]:
        said.append(
            f"{fresh['sources_refused']:,} files were refused: chertlog sql sources says why."
        )
    if report.unanswered:
        said.append(f"{report.unanswered:,} requests of this window have no answer in any log.")
    return said


def code_name(row: Row) -> str:
    """A code with its name, as far as there is one."""
    number = "no code" if row["error_code"] is None else str(row["error_code"])
    return f"{number} {row['error_type']}" if row["error_type"] else number


def flag(retryable: bool | None) -> str:
    """A retryable flag, never by colour or sign alone."""
    return {True: "↻ true", False: "✕ false", None: "? lost"}[retryable]


def percent(ratio: float | None) -> str:
    """A ratio to three digits; nothing is rounded to 0 or to 100 % that is neither."""
    if ratio is None:
        return "–"
    if 0.9995 <= ratio < 1:
        return "> 99.9 %"
    return f"{ratio * 100:.3g} %" if ratio * 100 < 99.95 else "100 %"


def interval(row: Row) -> str:
    """The Wilson interval of a row."""
    if row["error_ratio_low"] is None:
        return "–"
    return f"{percent(row['error_ratio_low'])} to {percent(row['error_ratio_high'])}"
