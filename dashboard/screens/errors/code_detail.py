"""One error code opened: what it means and asks for, where it struck, and the latest of it."""

from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.drawing import chart_data, charts, markup, tables, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame.view import View
from chertlog.dashboard.screens.errors import heat

_MOST_TENANTS = 8
_MOST_LATEST = 10
_NEARLY_ALL = 0.95


def draw(
    shown: View, value: str, found: list[heat.Row], catalogue: pd.DataFrame, colours: Palette
) -> None:
    """Everything about the code, as the filters select it."""
    mine = [row for row in found if row.value == value]
    known = catalogue[catalogue["error_code"].astype(str) == value]
    reference = known.iloc[0].to_dict() if len(known) else None
    errors = sum(row.errors for row in mine)
    _head(value, reference, mine, errors, sum(row.errors for row in found), colours)
    if not errors:
        return
    code = None if value == heat.NO_CODE else int(value)
    parameters = shown.chosen.parameters() | {"code": code}
    left, right = st.columns([2, 1])
    with left.container(border=True, height="stretch"):
        _over_time(shown, data.frame(shown.generation, "code_surfaces", **parameters), colours)
    with right.container(border=True, height="stretch"):
        _tenants(shown, value, data.frame(shown.generation, "code_tenants", **parameters))
    with st.container(border=True):
        _latest(data.frame(shown.generation, "code_latest", **parameters), errors, colours)


def _head(
    value: str,
    reference: dict[Any, Any] | None,
    mine: list[heat.Row],
    errors: int,
    of: int,
    colours: Palette,
) -> None:
    name = "Errors without a code" if value == heat.NO_CODE else value
    count = words.count(errors, "error") if errors else "none in this period"
    share = f", {words.percent(errors / of, 1)} of those selected" if errors else ""
    if reference:
        name = f"{value} {reference['error_type']}"
        said = [reference["meaning"], f"What to do: {reference['action']}"]
        said.append(f"Retry: {reference['retry_strategy']}")
    elif value == heat.NO_CODE:
        said = ["The body had no code, or was lost."]
    else:
        said = ["Not in the API reference: a contract violation."]
    sign, tint = _look(mine, errors, colours)
    markup.banner(sign, f"{name}: {count}{share}", [markup.text(each) for each in said], tint)
    _badges(reference, mine, errors, colours)


def _look(mine: list[heat.Row], errors: int, colours: Palette) -> tuple[str, str]:
    """The sign of the flag that nearly all of them were sent with, if there is one."""
    for row in mine:
        if row.errors > _NEARLY_ALL * errors and row.sent is not None:
            return words.mark(row.sent)[0], colours.retryable if row.sent else colours.final
    return "●", colours.muted


def _badges(
    reference: dict[Any, Any] | None, mine: list[heat.Row], errors: int, colours: Palette
) -> None:
    counted = {row.sent: row.errors for row in mine}
    shares = words.marks(counted.get(True, 0), counted.get(False, 0), counted.get(None, 0))
    badges = [(f"sent: {shares}", colours.ink)] if errors else []
    if reference:
        statuses = ", ".join(str(each) for each in reference["http_statuses"])
        default = words.mark(bool(reference["retryable_default"]))
        badges.append((f"default: {default}", colours.muted))
        badges.append((f"documented HTTP: {statuses}", colours.muted))
        badges.append((f"class: {reference['error_class']}", colours.muted))
    overrides = sum(row.errors for row in mine if row.is_override)
    if overrides:
        count = words.count(overrides, "error")
        badges.insert(1, (f"≠ default in {count}: what was sent holds", colours.worse))
    markup.badges(badges)


def _over_time(shown: View, steps: pd.DataFrame, colours: Palette) -> None:
    period = shown.chosen.period
    panel("Through time, by surface", f"one scale, errors per {words.step(period.step)}")
    totals = steps.groupby("surface")["errors"].sum()
    known = (shown.coverage.first_at or datetime.min, shown.coverage.last_at or datetime.max)  # noqa: DTZ901
    lanes = [
        (
            surface,
            words.number(totals.get(surface, 0)),
            chart_data.code_steps(steps[steps["surface"] == surface], period, known),
        )
        for surface in shown.chosen.surfaces or shown.coverage.surfaces
    ]
    st.echarts_chart(
        charts.code_lanes(lanes, period, colours),
        height=len(lanes) * 74 + 20,
        key="code-through-time",
        alt="Errors of this code on each surface through the period; the table below has them",
    )
    tables.behind(steps, "code-through-time")


def _tenants(shown: View, value: str, tenants: pd.DataFrame) -> None:
    panel("Tenants hit", words.count(len(tenants), "tenant"))
    rows = []
    for one in tenants.head(_MOST_TENANTS).to_dict("records"):
        named = isinstance(one["tenant_id"], str)
        target = "errors" + shown.chosen.link(code=value, tenant=one["tenant_id"] if named else "")
        rows.append(
            [
                markup.link(one["tenant_id"], target) if named else markup.text("unknown"),
                markup.text(words.number(one["errors"])),
                markup.text(words.number(one["operations"])),
                markup.trace_link(one["last_trace_id"]),
            ]
        )
    columns = [("Tenant", "f x"), ("Errors", "n"), ("Operations", "n"), ("Latest trace", "i")]
    markup.table(columns, rows, caption="Tenants that met this code, most errors first")
    tables.behind(tenants, "code-tenants")


def _latest(latest: pd.DataFrame, errors: int, colours: Palette) -> None:
    shown = latest.head(_MOST_LATEST)
    of = f"the last {len(shown)} of {words.number(errors)}" if errors > len(shown) else "all"
    panel("Latest errors", f"{of}; a trace opens its look-up")
    rows = [_latest_row(row, colours) for row in shown.to_dict("records")]
    markup.table(_LATEST, rows, caption="The latest errors with this code")
    tables.behind(latest, "code-latest")


def _latest_row(row: dict[Any, Any], colours: Palette) -> list[str]:
    sent = None if pd.isna(row["retryable"]) else bool(row["retryable"])
    tint = {True: colours.retryable, False: colours.final, None: colours.unsaid}[sent]
    status = words.NONE if pd.isna(row["http_status"]) else f"{row['http_status']:.0f}"
    return [
        markup.trace_link(row["trace_id"]),
        markup.text(words.second(row["occurred_at"])),
        markup.text(words.mark(sent), tint),
        markup.text(status),
        markup.text(row["surface"]),
        markup.text(_known(row["tenant_id"])),
        markup.text(_known(row["http_route"])),
        markup.text(words.number(row["attempt"])),
        markup.text(_known(row["error_message"])),
    ]


def _known(value: object) -> str:
    return value if isinstance(value, str) and value else words.NONE


_LATEST = [
    ("Trace", "f i"),
    ("Sent (UTC)", "w"),
    ("Retryable, as sent", "w"),
    ("HTTP", "n"),
    ("Surface", "w"),
    ("Tenant", "x"),
    ("Route", "m x"),
    ("Attempt", "n"),
    ("Message", "m x"),
]
