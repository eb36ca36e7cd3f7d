"""One storm opened: what it was, who drove it, whether waiting and trying again helped."""

from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.data import Generation
from chertlog.dashboard.drawing import markup, storm_words, success, tables, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame.periods import Period
from chertlog.dashboard.frame.view import View
from chertlog.dashboard.questions import Value
from chertlog.dashboard.screens.storms import storm_charts

Row = dict[str, Any]

_AROUND = timedelta(minutes=10)
_MOST_BARS = 150
_MOST_CHAINS = 15
_SHORT_S = 180
_MINUTE, _SECONDS = "per minute", "per 5 s"


def draw(storm: Row, shown: View, limit: dict[str, float], colours: Palette) -> None:
    """Everything about one storm, whole, whatever the filters."""
    of = shown.generation
    mine: dict[str, Value] = {
        "storm": storm["storm_id"],
        "tenant": storm["tenant_id"] if isinstance(storm["tenant_id"], str) else None,
        "from_at": storm["started_at"].to_pydatetime(),
        "to_at": storm["ended_at"].to_pydatetime(),
    }
    _verdict(storm, shown, colours)
    left, right = st.columns([3, 2])
    with left.container(border=True, height="stretch"):
        _minutes(storm, mine, shown, colours)
    with right.container(border=True, height="stretch"):
        _budget(of, mine, limit, colours)
        _attempts(of, mine, colours)
    left, right = st.columns([3, 2])
    with left.container(border=True, height="stretch"):
        _waits(of, mine, colours)
    with right.container(border=True, height="stretch"):
        _drivers(of, mine, colours)
    with st.container(border=True):
        _chains(of, mine)


def _verdict(storm: Row, shown: View, colours: Palette) -> None:
    kind = storm_words.kind(storm["verdict"])
    tint = storm_words.tint(storm["verdict"], colours)
    tenant = storm_words.caller(storm)
    name = storm["verdict"][0].upper() + storm["verdict"][1:]
    details = [
        markup.text(storm["reasons"][0].upper() + storm["reasons"][1:] + "."),
        markup.text(f"{kind.means} {kind.to_do}"),
    ]
    if storm["may_go_on"]:
        details.append(markup.text("The data end here: it may still go on."))
    if isinstance(storm["tenant_id"], str):
        card = f"clients{shown.chosen.link(client=tenant)}"
        details.append(markup.link(f"Report card of {tenant}", card))
    markup.banner(kind.sign, f"{name} · {tenant} · {storm_words.when(storm)}", details, tint)
    facts = [
        f"{storm['amplification']:.1f} attempts an operation",
        f"peak {words.number(storm['peak_retries_per_minute'])} retries/min, "
        f"{words.number(storm['peak_retries_10s'])} in 10 s",
        f"{words.percent(storm['share_of_load'], 0)} of all tenants’ attempts",
        f"{words.number(storm['wasted_attempts'])} wasted attempts",
        f"{words.number(storm['operations_saved'])} of {words.number(storm['operations'])} "
        "operations saved by a retry",
        words.count(storm["recipients"], "recipient"),
        f"found as {'a burst' if storm['detector'] == 'burst' else 'a slow excess'}",
    ]
    for column, what in _SHARES.items():
        if storm[column]:
            facts.append(f"{words.percent(storm[column], 0)} of retries {what}")
    markup.badges([(fact, colours.muted) for fact in facts])


def _minutes(storm: Row, mine: dict[str, Value], shown: View, colours: Palette) -> None:
    per = _MINUTE
    with st.container(horizontal=True, vertical_alignment="center"):
        panel("First attempts and retries", "of this tenant, before, during and after")
        if storm["seconds"] <= _SHORT_S:
            st.space("stretch")
            per = st.segmented_control(
                "Width of a bar",
                [_MINUTE, _SECONDS],
                default=_MINUTE,
                required=True,
                key="per",
                bind="query-params",
                label_visibility="collapsed",
            )
    period = _closely(storm) if per == _SECONDS else _around(storm)
    steps = data.frame(
        shown.generation,
        "retry_seconds" if per == _SECONDS else "retry_steps",
        start=period.start,
        end=period.end,
        step_s=int(period.step.total_seconds()),
        tenant=mine["tenant"],
        all_tenants=False,
        first_at=shown.coverage.first_at,
        last_at=shown.coverage.last_at,
    )
    st.echarts_chart(
        storm_charts.around(storm, steps, period, colours),
        height=420,
        key="storm-minutes",
        alt="First attempts and retries through the storm; the table below has them",
    )
    st.caption(f"A bar is {storm_words.width(period.step)}.")
    tables.behind(steps, "storm-minutes", columns=_COLUMNS)


def _around(storm: Row) -> Period:
    """The storm and ten minutes either side, in minutes or, of a long one, in longer steps."""
    start, end = storm["started_at"] - _AROUND, storm["ended_at"] + _AROUND
    sizes = (timedelta(minutes=n) for n in (1, 5, 15, 30, 60, 360))
    step = next((s for s in sizes if (end - start) / s <= _MOST_BARS), timedelta(days=1))
    return _whole(start, end, step)


def _closely(storm: Row) -> Period:
    """A storm of seconds in steps of five."""
    near = timedelta(minutes=1)
    return _whole(storm["started_at"] - near, storm["ended_at"] + near, timedelta(seconds=5))


def _whole(start: pd.Timestamp, end: pd.Timestamp, step: timedelta) -> Period:
    return Period(start.floor(step).to_pydatetime(), end.ceil(step).to_pydatetime(), step)


def _budget(
    of: Generation, mine: dict[str, Value], limit: dict[str, float], colours: Palette
) -> None:
    panel("With a retry budget", "what it would have refused, minute by minute")
    row = data.frame(of, "storm_budget", **mine).iloc[0]
    rows = []
    for name, column in zip(
        storm_words.budgets(limit), ("over_budget", "over_high_budget"), strict=True
    ):
        share = row[column] / row["retries"] if row["retries"] else 0
        rows.append(
            [
                markup.strong(f"{name} of attempts"),
                markup.text(f"{words.number(row[column])} of {words.number(row['retries'])}"),
                markup.share_bar(share, colours.retryable, words.percent(share, 0)),
            ]
        )
    markup.table(_BUDGET_COLUMNS, rows, caption="Retries that a budget would have refused")


def _attempts(of: Generation, mine: dict[str, Value], colours: Palette) -> None:
    panel("Success by attempt", "flat and near 0 from the second on: retries are waste")
    attempts = data.frame(of, "storm_attempts", **mine)
    success.table(attempts, colours)
    tables.behind(attempts, "storm-success-by-attempt", columns=success.COLUMNS)


def _waits(of: Generation, mine: dict[str, Value], colours: Palette) -> None:
    classes = data.frame(of, "storm_waits", **mine)
    told = int(classes["too_early"].sum() + classes["in_time"].sum())
    early = int(classes["too_early"].sum())
    how = (
        f"{early:,} of {told:,} that were told came too early" if told else "none was told to wait"
    )
    panel("Waited, and told to wait", how)
    st.echarts_chart(
        storm_charts.waits(classes, colours),
        height=320,
        key="storm-waits",
        alt="Retries by how long they had waited and what they had been told; the table has them",
    )
    tables.behind(classes, "storm-waits", columns=_COLUMNS)


def _drivers(of: Generation, mine: dict[str, Value], colours: Palette) -> None:
    panel("What was retried", "share of the storm’s retries; each leads to the latest")
    drivers = data.frame(of, "storm_drivers", **mine)
    rows = []
    for row in drivers[drivers["is_main"] | (drivers["contribution"] >= 0.05)].to_dict("records"):
        known = isinstance(row["value"], str)
        name = row["value"] if known else f"no {row['dimension']}"
        if isinstance(row["error_type"], str):
            name += f" {row['error_type']}"
        found = isinstance(row["trace_id"], str)
        rows.append(
            [
                markup.trace_link(row["trace_id"], name) if found else markup.text(name),
                markup.text("after code" if row["dimension"] == "code" else row["dimension"]),
                markup.text(words.number(row["retries"])),
                markup.share_bar(
                    row["contribution"], colours.retryable, words.percent(row["contribution"], 0)
                ),
            ]
        )
    markup.table(_DRIVER_COLUMNS, rows, caption="Codes, routes and surfaces of the retries")
    tables.behind(drivers, "storm-drivers", columns=_COLUMNS)


def _chains(of: Generation, mine: dict[str, Value]) -> None:
    chains = data.frame(of, "storm_chains", **mine)
    total = int(chains["operations"].iloc[0]) if len(chains) else 0
    drawn = min(total, _MOST_CHAINS)
    some = "all" if drawn == total else f"{drawn} of {total:,}"
    panel("Its operations", f"{some} with a retry in the storm, most retried first")
    rows = [_chain_row(row) for row in chains.head(_MOST_CHAINS).to_dict("records")]
    markup.table(_CHAIN_COLUMNS, rows, caption="Operations with a retry in the storm")
    tables.behind(chains.drop(columns="operations"), "storm-operations", columns=_COLUMNS)


def _chain_row(row: dict[Any, Any]) -> list[str]:
    told = row["longest_told_s"]
    first, last = (
        storm_words.code(row["first_error_code"]),
        storm_words.code(row["last_error_code"]),
    )
    route = row["http_route"] if isinstance(row["http_route"], str) else words.NONE
    return [
        markup.trace_link(row["last_trace_id"]),
        markup.text(words.second(row["first_at"])),
        markup.text(words.number(row["retries_here"])),
        markup.text(words.number(row["attempts"])),
        markup.text(words.duration(float(row["median_wait_s"]))),
        markup.text(words.NONE if pd.isna(told) else f"{told:,.0f} s"),
        markup.text(words.number(row["early_here"])),
        markup.text(first if first == last else f"{first} → {last}"),
        markup.text(storm_words.outcome(row["outcome"])),
        markup.text(route),
    ]


_SHARES = {
    "early_retry_share": "too early",
    "final_error_retry_share": "after a final error",
    "weak_retry_share": "on weak evidence: an upper bound",
}
_BUDGET_COLUMNS = [("Budget", "f w"), ("Retries refused", "n"), ("Share of retries", "w")]
_DRIVER_COLUMNS = [("Value", "f x"), ("Kind", "w"), ("Retries", "n"), ("Share", "w")]
_CHAIN_COLUMNS = [
    ("Last attempt", "f i"),
    ("First attempt (UTC)", "w"),
    ("Retries here", "n"),
    ("Attempts in all", "n"),
    ("Median wait", "n"),
    ("Longest told", "n"),
    ("Too early", "n"),
    ("Codes, first → last", "w"),
    ("Outcome", "w"),
    ("Route", "m x"),
]
_RATIO = st.column_config.NumberColumn(format="percent")
_COLUMNS = {
    "contribution": _RATIO,
    "first_error_code": st.column_config.NumberColumn(format="plain"),
    "last_error_code": st.column_config.NumberColumn(format="plain"),
}
