"""The report as JSON, for programs: the rows of the queries as they are, under stable names.

Owns the shape and its number: docs/report.md describes it. A name that goes, or that comes to mean
something else, raises SCHEMA; one that is added does not.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chertlog.queries.clean_text import safe_json
from chertlog.queries.report import TABLES, Measured, Period, Report
from chertlog.queries.report_page import Page, Row

SCHEMA = 1


def report_json(report: Report, page: Page | None) -> str:
    """The whole report; ends with a newline. Without data, `until` is null and tables are empty."""
    told = {
        **head(report, page),
        "loaded_at": report.freshness["as_of"],
        "unanswered": report.unanswered,
        **{name: getattr(report, name) for name in TABLES},
    }
    return encoded(told)


def head(report: Measured, page: Page | None, tenant: str | None = None) -> dict[str, Any]:
    """What every report begins with, ours and a customer's."""
    return {
        "schema": SCHEMA,
        "tenant": tenant,
        "asked": report.asked,
        "since": report.since,
        "until": report.until,
        "step_minutes": report.width_min,
        "summary": page.summary if page else None,
        "remarks": page.remarks if page else [],
        "compared": {period.key: _period(period) for period in report.compared},
        "totals": report.totals,
        "over_time": report.over_time,
    }


def _period(period: Period) -> Row:
    return {
        "name": period.name,
        "since": period.since,
        "until": period.until,
        "known": period.is_known,
        "totals": period.totals,
    }


def encoded(told: Mapping[str, Any]) -> str:
    """JSON in which times are UTC with a Z, and nothing can steer a terminal."""
    return safe_json(json.dumps(told, indent=2, ensure_ascii=False, default=_plain)) + "\n"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    raise TypeError(f"no JSON for {type(value).__name__}")
