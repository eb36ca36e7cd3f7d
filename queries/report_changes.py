"""The report's first table: this window beside the one before and the week before.

Owns which figures are compared, and the tables of what changed beyond chance.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from chertlog.queries.report import Period, Report
from chertlog.queries.report_page import Cell, Logged, Row, Section
from chertlog.queries.report_words import NOT_KNOWN, change, code_name, percent

_MOST_MOVERS = 8

# What is compared: column of totals.sql, how it is called, how it is written.
Figure = tuple[str, str, Callable[[Any], str]]
COUNT: Callable[[Any], str] = "{:,}".format
_FIGURES: tuple[Figure, ...] = (
    ("responses", "Responses", COUNT),
    ("errors", "Errors", COUNT),
    ("error_ratio", "Error ratio", percent),
    ("operations", "Operations", COUNT),
    ("failed_operations", "Failed operations", COUNT),
    ("failed_ratio", "Failed of all operations", percent),
    ("retries", "Retries", COUNT),
    ("amplification", "Attempts an operation", lambda value: f"{value:.3f}"),
    ("storms", "Retry storms", COUNT),
    ("refused", "4002 responses", COUNT),
    ("unmet_operations", "Operations unserved by 4002", COUNT),
    ("violations", "Contract violations", COUNT),
)


def changes(report: Report) -> list[Section]:
    """What changed: the headline figures, codes, tenants."""
    if not report.compared:
        return []
    parts = [_figures(report)]
    if report.before:
        parts += [_codes(report), _tenants(report)]
    return parts


def _figures(report: Report) -> Section:
    heads, rows = figures("This window", report.totals, report.compared, _FIGURES)
    return Section(
        "changes",
        "What changed",
        "A period is compared only where the data cover it.",
        heads,
        frozenset(range(1, len(heads))),
        rows,
        "",
    )


def figures(
    head: str, totals: Row, periods: Sequence[Period], asked: Iterable[Figure]
) -> tuple[tuple[str, ...], list[list[Cell]]]:
    """Headings and rows of a table: each figure now, then, and by how much it changed."""
    heads = ["", head, *(head for each in periods for head in (each.name.capitalize(), ""))]
    return tuple(heads), [_figure(totals, periods, *figure) for figure in asked]


def _figure(
    totals: Row, periods: Sequence[Period], column: str, name: str, write: Callable[[Any], str]
) -> list[Cell]:
    now = totals[column]
    cells: list[Cell] = [name, "–" if now is None else write(now)]
    for period in periods:
        if period.totals is None:
            cells += [NOT_KNOWN, ""]
            continue
        then = period.totals[column]
        cells += ["–" if then is None else write(then), change(now, then)]
    return cells


def _codes(report: Report) -> Section:
    return _movers(
        "code-movers",
        f"Codes that changed since {_since(report)}",
        "Code",
        report.movers_by_code,
        code_name,
        "error_code",
        report,
    )


def _tenants(report: Report) -> Section:
    return _movers(
        "tenant-movers",
        f"Clients that changed since {_since(report)}",
        "Tenant",
        report.movers_by_tenant,
        lambda row: Logged(row["tenant_id"] or "–"),
        "tenant_id",
        report,
    )


def _since(report: Report) -> str:
    return report.before.name if report.before else ""


def _movers(
    key: str,
    title: str,
    head: str,
    found: list[Row],
    name: Callable[[Row], Cell],
    dimension: str,
    report: Report,
) -> Section:
    before = report.before
    rows: list[list[Cell]] = [
        [
            name(row),
            {"up": "▲ more", "down": "▼ fewer"}[row["verdict"]],
            f"{row['before_errors']:,}",
            f"{row['after_errors']:,}",
            _factor(row),
        ]
        for row in found[:_MOST_MOVERS]
    ]
    more = len(found) - len(rows)
    times = f"'{before.since:%F %R}', '{before.until:%F %R}'" if before else ""
    return Section(
        key,
        title,
        "Operations that met an error, by its first code, where the difference is more than "
        "chance: at most 5 % false alarms among those listed."
        + (f" {more:,} more changed less; the question below has them." if more else ""),
        (head, "", "Then", "Now", "Factor"),
        frozenset({2, 3, 4}),
        rows,
        "None: every difference may be chance.",
        f'chertlog sql "select * from movers({times}, '
        f"'{report.since:%F %R}', '{report.until:%F %R}', dimension := '{dimension}')\"",
    )


def _factor(row: Row) -> str:
    if row["rate_ratio"] is None:
        return "new"
    low, high = row["rate_ratio_low"], row["rate_ratio_high"]
    if high is None:
        return f"× {row['rate_ratio']:.3g}"
    return f"× {row['rate_ratio']:.3g} ({low:.2g} to {high:.2g})"
