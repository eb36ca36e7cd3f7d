"""The report for one customer: what support may send, with nothing in it about anybody else.

Owns what it holds and its words. Every query it asks (questions/report_tenant/) selects the tenant;
of all data together it uses the two ends of the window, and whether earlier days were loaded.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chertlog.queries.clean_text import clean_line
from chertlog.queries.cli_errors import NotFound
from chertlog.queries.report import Measured, Window, ask, measured
from chertlog.queries.report_changes import COUNT, Figure, figures
from chertlog.queries.report_json import encoded, head
from chertlog.queries.report_page import Cell, Logged, Page, Row, Section, Strip
from chertlog.queries.report_words import (
    code,
    code_name,
    count,
    length,
    number,
    percent,
    times,
    window_words,
)
from chertlog.queries.tables import time_text

if TYPE_CHECKING:
    from chertlog.queries.database import Connection

_TABLES = ("by_code", "storms", "saturation")
_HOUR = timedelta(hours=1)
_CLASSES = (
    ("client_errors", "client", "your request, credentials or account have to change"),
    ("platform_errors", "platform", "a fault on our side, or in the delivery behind us"),
    ("capacity_errors", "capacity", "rate limits (1007) and lines that were used up (4002)"),
    ("unclassified_errors", "unclassified", "without a code of the API reference"),
)
# Of a storm, what the customer should know about it.
_STORMS = {
    "retry storm": "your client repeated far more than its errors call for",
    "saturation storm": "your lines were used up until the full hour: these retries could not help",
    "amplified outage": "the fault was on our side",
    "metastable": "the retries went on although new requests had recovered",
    "top-of-hour herd": "retries that waited for the full hour, as they were told: no fault",
}
_RELIEF = {
    "relieved": "✓ lines were free",
    "herd took it": "✕ used up by returning requests",
    "no relief": "✕ lines stayed full",
    "unknown": "no request came",
}


@dataclass(frozen=True)
class TenantReport(Measured):
    """The numbers of one tenant in one window."""

    tenant: str = ""
    by_code: list[Row] = field(default_factory=list)
    storms: list[Row] = field(default_factory=list)
    saturation: list[Row] = field(default_factory=list)
    paragraph: str = ""


def gather_tenant(db: "Connection", window: Window, tenant: str) -> TenantReport:
    """One customer's report over a window (see `window_of`). Raises NotFound."""
    given = {**window.times, "tenant": tenant, "width_min": window.width_min}
    if not ask(db, "report_tenant", "known", given)[0]["is_known"]:
        raise NotFound(
            f"there is no response of a tenant {clean_line(tenant)[:60]!r}",
            why="nothing of it is loaded, or its name is written otherwise",
            next="All names: chertlog sql @busiest_tenants",
        )

    def rows(name: str, **other: object) -> list[Row]:
        return ask(db, "report_tenant", name, {**given, **other})

    conduct = rows("conduct")
    tables: dict[str, Any] = {name: rows(name) for name in _TABLES}
    return TenantReport(
        **measured(window, rows),
        tenant=tenant,
        paragraph=conduct[0]["paragraph"] if conduct else "",
        **tables,
    )


def tenant_json(report: TenantReport) -> str:
    """The report as JSON; see docs/report.md."""
    told = head(report, tenant_page(report), report.tenant)
    tables = {name: getattr(report, name) for name in _TABLES}
    return encoded({**told, "paragraph": report.paragraph, **tables})


def tenant_page(report: TenantReport) -> Page:
    """The report, ready to be written down."""
    return Page(
        title=f"Requests of {clean_line(report.tenant)} to the Chert API, {report.asked}",
        window=window_words(report),
        summary=_summary(report),
        remarks=_remarks(report),
        tiles=_tiles(report),
        series=report.series(_CLASSES) if report.totals["errors"] else None,
        sections=[*_changes(report), _codes(report), _lines(report), _storms(report)],
        footer="All times are UTC. An operation is a request together with its retries.",
        quote=("How your client deals with errors", report.paragraph) if report.paragraph else None,
    )


def _summary(report: TenantReport) -> str:
    totals = report.totals
    if not totals["responses"]:
        return "We answered no request of yours in this time."
    said = (
        f"We answered {count(totals['responses'], 'request')} of yours, "
        f"{totals['errors']:,} of them with an error ({percent(totals['error_ratio'])}). "
        f"Of {count(totals['operations'], 'operation')}, {totals['failed_operations']:,} failed in "
        "the end, after all retries."
    )
    if totals["saturated_hours"]:
        said += (
            f" Your lines were used up (4002) in {count(totals['saturated_hours'], 'hour')}; "
            f"{count(totals['unmet_operations'], 'operation')} had to wait beyond it, or failed."
        )
    return said


def _remarks(report: TenantReport) -> list[str]:
    said = [
        f"There is no comparison with {period.name}: we hold no complete records of that time."
        for period in report.compared
        if not period.is_known
    ]
    if missing := report.totals["unclassified"]:
        said.append(
            f"We hold no body of {count(missing, 'answer')}, and cannot tell whether "
            f"{'it was an error: it is' if missing == 1 else 'they were errors: they are'} in no "
            "share."
        )
    return said


def _tiles(report: TenantReport) -> list[tuple[str, str, str]]:
    t = report.totals
    return [
        ("Requests", f"{t['responses']:,}", "each attempt counts"),
        ("Answered with an error", f"{t['errors']:,}", _share(t["error_ratio"])),
        ("Operations", f"{t['operations']:,}", "requests together with their retries"),
        (
            "Failed in the end",
            f"{t['failed_operations']:,}",
            _share(t["failed_ratio"]),
        ),
        ("Retries", f"{t['retries']:,}", "attempts after the first"),
        ("Refused with 4002", f"{t['refused_operations']:,}", "operations, counted by the hour"),
    ]


def _share(ratio: float | None) -> str:
    return "of none" if ratio is None else f"{percent(ratio)} of them"


_FIGURES: tuple[Figure, ...] = (
    ("responses", "Requests", COUNT),
    ("errors", "Answered with an error", COUNT),
    ("error_ratio", "Share of errors", percent),
    ("failed_operations", "Operations that failed in the end", COUNT),
    ("retries", "Retries", COUNT),
    ("refused_operations", "Operations refused with 4002", COUNT),
)


def _changes(report: TenantReport) -> list[Section]:
    if not report.known:
        return []
    heads, rows = figures("This time", report.totals, report.known, _FIGURES)
    right = frozenset(range(1, len(heads)))
    return [Section("changes", "What changed", "", heads, right, rows, "")]


def _codes(report: TenantReport) -> Section:
    rows: list[list[Cell]] = [
        [
            code_name(row),
            row["meaning"] or "not in the API reference: please tell us",
            f"{row['errors']:,}",
            *(number(row[f"errors_{period.key}"]) for period in report.known),
            f"{row['operations']:,}",
            str(row["action"] or "–"),
            Logged(", ".join(row["trace_ids"] or []) or "–"),
        ]
        for row in report.by_code
    ]
    heads = [period.name.capitalize() for period in report.known]
    columns = ("Code", "Meaning", "Errors", *heads, "Operations", "What to do", "Latest trace_ids")
    return Section(
        "code",
        "Errors by code",
        "What to do is what the API reference says. Quote a trace_id when you write to us.",
        columns,
        frozenset(range(2, 4 + len(heads))),
        rows,
        "None: no request of yours was answered with an error.",
        wide=True,
    )


def _lines(report: TenantReport) -> Section:
    assert report.since is not None and report.until is not None
    most = max((row["refused"] for row in report.saturation), default=0)
    rows: list[list[Cell]] = [
        [
            f"{row['hour']:%d %b %Y, %H}:00",
            f"{row['first_refused_at']:%H:%M}",
            f"{row['refused_operations']:,}",
            f"{row['unmet_operations']:,}",
            f"{row['refused']:,}",
            _RELIEF[row["relief"]],
        ]
        for row in report.saturation
    ]
    return Section(
        "saturation",
        "Hours in which your lines were used up (4002)",
        "Lines are free again at the full hour. An operation counts once, however often it "
        "came back.",
        (
            "Hour (UTC)",
            "From",
            "Operations refused",
            "Not served in that hour",
            "Answers 4002",
            "At the next full hour",
        ),
        frozenset({1, 2, 3, 4}),
        rows,
        "None.",
        drawings=tuple(
            Strip(
                f"{row['refused']:,} answers 4002",
                report.since,
                report.until,
                (
                    (
                        row["hour"],
                        row["hour"] + _HOUR,
                        "capacity",
                        row["refused"] / most,
                        f"{row['hour']:%d %b %H}:00 UTC",
                    ),
                ),
            )
            for row in report.saturation
        ),
        drawn="When",
    )


def _storms(report: TenantReport) -> Section:
    rows: list[list[Cell]] = [
        [
            time_text(row["started_at"].replace(microsecond=0)),
            length(row["seconds"]),
            code(row),
            f"{row['retries']:,}",
            f"{row['operations']:,}",
            f"{row['wasted_attempts']:,}",
            f"{row['operations_saved']:,}",
            _STORMS.get(row["verdict"], _STORMS["retry storm"]),
        ]
        for row in report.storms
    ]
    return Section(
        "storms",
        "Bursts of retries",
        f"Your client retried far more than is normal for it {times(len(rows))}." if rows else "",
        (
            "Started (UTC)",
            "Length",
            "Most frequent answer",
            "Retries",
            "Operations",
            "Attempts in vain",
            "Succeeded by a retry",
            "What it was",
        ),
        frozenset({1, 2, 3, 4, 5, 6}),
        rows,
        "None.",
    )
