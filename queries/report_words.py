"""The report's words: its heading, its summary, its headline numbers, and how numbers look.

Owns what is said above the tables of our own report, and how any figure of either is written.
"""

from collections.abc import Sequence

from chertlog.queries.report import Period, Report, Window
from chertlog.queries.report_page import Row
from chertlog.queries.tables import time_text

NOT_KNOWN = "not known"


def title(report: Report) -> str:
    """The heading: the window, in words."""
    return f"Chert API errors, {report.asked}"


def window_words(window: Window) -> str:
    """The window itself."""
    return f"{time_text(window.since)} to {time_text(window.until)} UTC"


def summary(report: Report) -> str:
    """The report in some sentences."""
    totals = report.totals
    if not totals["responses"]:
        return "No response was logged in this window."
    ratio = percent(totals["error_ratio"])
    first = f"{totals['errors']:,} of {totals['responses']:,} responses were errors: {ratio}"
    before = report.before
    if before and before.totals and before.totals["error_ratio"] is not None:
        name = before.name.replace("the window", "in the window")
        first += f", after {percent(before.totals['error_ratio'])} {name}"
    sentences = [f"{first}. {totals['failed_operations']:,} operations failed in the end."]
    if report.by_code:
        top = report.by_code[0]
        meaning = f" ({top['meaning']})" if top["meaning"] else ""
        sentences.append(
            f"Most frequent: {code_name(top)}{meaning}, {percent(top['share'])} of all errors."
        )
    if totals["storms"]:
        sentences.append(f"{count(totals['storms'], 'retry storm')}.")
    if totals["saturated_hours"]:
        sentences.append(
            f"Lines ran out (4002) {times(totals['saturated_hours'])}, counted by tenant and hour: "
            f"{count(totals['unmet_operations'], 'operation')} unserved when the hour ended."
        )
    return " ".join(sentences)


def tiles(report: Report) -> list[tuple[str, str, str]]:
    """The headline numbers: label, value, what it means."""
    t = report.totals
    interval = f"{percent(t['error_ratio_low'])} to {percent(t['error_ratio_high'])}"
    failed = f"of {t['operations']:,} operations: gave up, or met a final error"
    return [
        ("Responses", f"{t['responses']:,}", _than(report.before, "responses")),
        ("Error ratio", percent(t["error_ratio"]), f"95 % interval {interval}"),
        ("Errors", f"{t['errors']:,}", _than(report.before, "errors")),
        ("Failed operations", f"{t['failed_operations']:,}", failed),
        ("Logical failures", f"{t['logical_failures']:,}", "errors under HTTP 200"),
        ("Unclassified", f"{t['unclassified']:,}", "seen by the edge log only: in no ratio"),
    ]


def _than(before: Period | None, name: str) -> str:
    if before is None or before.totals is None:
        return "in this window"
    return f"{before.totals[name]:,} {before.name.replace('the window', 'in the window')}"


def remarks(report: Report) -> list[str]:
    """What one must know before one trusts the numbers."""
    fresh, said = report.freshness, []
    if report.starts_late:
        said.append(f"The data begin at {time_text(fresh['first_minute'])} UTC, inside the window.")
    said += _staleness(report)
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
    said += not_compared(report.compared)
    return said


def _staleness(report: Report) -> list[str]:
    """Logs that stopped: all of them, or one beside the others."""
    if not report.logs:
        return []
    newest = max(report.logs, key=lambda row: row["newest_at"])
    if newest["is_stale"]:
        return [f"Nothing new for {newest['age_h']:,.0f} h: the logs are not loaded any more."]
    return [
        f"The {row['log']} log ends {row['behind_h']:,.0f} h before the newest event."
        for row in report.logs
        if row["is_behind"]
    ]


def not_compared(compared: Sequence[Period]) -> list[str]:
    """Why a period stands without figures."""
    return [
        f"Not compared with {period.name} ({period.since:%Y-%m-%d %H:%M} to "
        f"{period.until:%Y-%m-%d %H:%M} UTC): {period.why}."
        for period in compared
        if not period.is_known
    ]


def count(number: int, thing: str) -> str:
    """1 storm, 2 storms."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def times(number: int) -> str:
    """Once, twice, 3 times."""
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def change(now: float | None, then: float | None) -> str:
    """How much more or less than then: +4 %, × 2.5, from 0; nothing where one is not known."""
    if now is None or then is None:
        return ""
    if now == then:
        return "="
    if not then:
        return "from 0"
    if not now:
        return "none now"
    ratio = now / then
    if ratio >= 2:
        return f"× {ratio:,.0f}" if ratio >= 10 else f"× {ratio:.1f}"
    more = (ratio - 1) * 100
    return f"{more:+.0f} %".replace("-", "−") if abs(more) >= 1 else "under 1 %"


def code(row: Row) -> str:
    """The code of a row, which may be none."""
    return "no code" if row["error_code"] is None else str(row["error_code"])


def code_name(row: Row) -> str:
    """A code with its name, as far as there is one."""
    return f"{code(row)} {row['error_type']}" if row["error_type"] else code(row)


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


def length(seconds: float) -> str:
    """A duration: 45 s, 12 min, 3 h 5 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def number(value: int | None) -> str:
    """A count; not known where nothing can be compared."""
    return NOT_KNOWN if value is None else f"{value:,}"
