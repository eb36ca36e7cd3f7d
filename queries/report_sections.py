"""Our own report, put together: which parts it has, in which order.

Owns the order; each part is the business of its file (`report_changes`, `report_clients` …).
"""

from chertlog.queries.report import CLASSES, Report
from chertlog.queries.report_changes import changes
from chertlog.queries.report_clients import clients
from chertlog.queries.report_errors import errors
from chertlog.queries.report_page import Page, Section
from chertlog.queries.report_quality import contract, quality
from chertlog.queries.report_words import remarks, summary, tiles, title, window_words
from chertlog.queries.tables import time_text


def page(report: Report) -> Page | None:
    """The report, ready to be written down; None if there is nothing to report."""
    if report.is_empty:
        return None
    return Page(
        title=title(report),
        window=window_words(report),
        summary=summary(report),
        remarks=remarks(report),
        tiles=tiles(report),
        series=report.series(CLASSES) if report.over_time else None,
        sections=sections(report),
        footer=f"All times are UTC. Loaded at {time_text(report.freshness['as_of'])}. "
        "Written by chertlog.",
    )


def sections(report: Report) -> list[Section]:
    """The tables of the report, in order."""
    return [
        *changes(report),
        *clients(report),
        *errors(report),
        *contract(report),
        *quality(report),
    ]
