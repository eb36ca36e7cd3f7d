"""What changed against the period before, and whether a deploy did it.

Both are counted over all tenants, surfaces and flags: the sums behind them are not kept by those,
and the panels say so where the filter bar narrows the rest of the page.
"""

from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.drawing import chart_data, charts, markup, tables, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame import behind, periods
from chertlog.dashboard.frame.filters import Filters
from chertlog.dashboard.frame.view import View

_DIMENSIONS = {
    "code": "error_code",
    "tenant": "tenant_id",
    "route": "http_route",
    "surface": "surface",
}
_MOST_MOVERS = 8
_MOST_VERSIONS = 3
_KINDS = {"version": "Version", "host": "Host", "delivery_service": "Delivery service"}
_FIRST_DAY = timedelta(days=1)
# Histograms of hours are added up; over months of them that takes seconds.
_LONGEST_LATENCY = periods.PRESETS["7d"][0]


def movers(shown: View, opened: str | None, catalogue: pd.DataFrame, colours: Palette) -> None:
    """Which groups changed by more than chance explains."""
    chosen = shown.chosen
    panel("What changed", "operations that met an error, against the period before")
    if chosen.before is None:
        why = "all data are selected" if chosen.range_name == periods.ALL else "they begin later"
        st.text(f"There are no data from the period before to compare with: {why}.")
        return
    dimension = st.segmented_control(
        "By",
        list(_DIMENSIONS),
        default="code",
        required=True,
        key="by",
        bind="query-params",
        label_visibility="collapsed",
    )
    found = data.frame(
        shown.generation,
        "error_movers",
        **chosen.parameters(),
        dimension=_DIMENSIONS[dimension or "code"],
    )
    moved = found[found["verdict"] != "no change shown"]
    names = dict(zip(catalogue["error_code"].astype(str), catalogue["error_type"], strict=True))
    rows = [
        _mover(row, dimension or "code", chosen, opened, names, colours)
        for row in moved.head(_MOST_MOVERS).to_dict("records")
    ]
    still = len(found) - len(moved)
    if rows:
        columns = [("Group", "f x"), ("Before", "n"), ("Now", "n"), ("Rate", "w"), ("95 %", "w")]
        markup.table(columns, rows, caption="Groups that changed, clearest first")
        more = f"{len(moved) - len(rows)} more changed, " if len(moved) > len(rows) else ""
        st.caption(f"{more}{words.count(still, 'group')} without a change beyond chance.")
    else:
        st.text(f"None of {words.count(len(found), 'group')} changed by more than chance explains.")
    _scope(chosen)
    tables.behind(found, "what-changed")


def _mover(
    row: dict[Any, Any],
    dimension: str,
    chosen: Filters,
    opened: str | None,
    names: dict[str, str],
    colours: Palette,
) -> list[str]:
    up = row["verdict"] == "up"
    tint = colours.worse if up else colours.better
    ratio = row["rate_ratio"]
    rate = "new" if pd.isna(ratio) else f"×{ratio:,.2f}"
    low = f"{row['rate_ratio_low']:,.2f}"
    high = "∞" if pd.isna(row["rate_ratio_high"]) else f"{row['rate_ratio_high']:,.2f}"
    return [
        _group(row["group_value"], dimension, chosen, opened, names),
        markup.text(words.number(row["before_errors"])),
        markup.text(words.number(row["after_errors"])),
        markup.text(f"{'▲' if up else '▼'} {rate}", tint, title=str(row["basis"])),
        markup.text(f"{low} to {high}"),
    ]


def _group(
    value: object, dimension: str, chosen: Filters, opened: str | None, names: dict[str, str]
) -> str:
    if not isinstance(value, str):
        return markup.text("no code" if dimension == "code" else "unknown")
    if dimension == "route":
        return _behind(value, "http_route", chosen)
    label = f"{value} {names.get(value, '')}".strip() if dimension == "code" else value
    cell = markup.link(label, "errors" + chosen.link(**{dimension: value}))
    return markup.here_mark(cell) if dimension == "code" and value == opened else cell


def deploys(shown: View, colours: Palette) -> None:
    """By version, host and delivery service, with the verdict on each deploy."""
    chosen = shown.chosen
    hours = chosen.parameters()
    start = chosen.period.start.replace(minute=0)
    panel(
        "Did a deploy do it?", f"full hours, {words.span(start, chosen.period.end)} {words.zone()}"
    )
    seen = data.frame(shown.generation, "deploys_seen", **hours)
    # Judged over its first day: a deploy of the day before may be at work in the period.
    recent = seen[seen["is_deploy_seen"] & (seen["first_hour"] >= start - _FIRST_DAY)]
    for version in recent.to_dict("records"):
        _deploy(version, colours)
    if recent.empty:
        st.text(_no_deploy(seen))
    _scope(chosen)
    left, right = st.columns(2)
    with left:
        _versions(shown, colours)
        _latency(shown)
    with right:
        _origins(data.frame(shown.generation, "origins", **hours), chosen, colours)


def _behind(label: str, column: str, chosen: Filters, order: str = "occurred_at") -> str:
    """A way to the responses behind a row that the filter bar cannot select: on the SQL page."""
    period = chosen.period
    conditions = [f"{column} = {behind.quoted(label)}"]
    conditions += [] if order == "duration_ms" else ["is_error"]
    start = period.start.replace(minute=0)
    target = behind.responses(start, period.end, conditions, order=order)
    return markup.link(label, target, title="The responses behind it")


def _no_deploy(seen: pd.DataFrame) -> str:
    names = ", ".join(seen["service_version"].head(5))
    if not names:
        return "The logs name no service version in this period, so no deploy can be told."
    return f"No deploy in this period or the day before it: {names} answered already."


def _deploy(version: dict[Any, Any], colours: Palette) -> None:
    name, verdict = version["service_version"], version["verdict"]
    sign, tint = {"worse": ("▲", colours.worse), "better": ("▼", colours.better)}.get(
        verdict, ("●", colours.muted)
    )
    headline = {
        "worse": f"Yes, perhaps: {name} sends more server errors than the versions beside it",
        "better": f"No: {name} sends fewer server errors than the versions beside it",
        "no difference shown": f"Not by these data: {name} is no different from the versions "
        "beside it",
        "cannot tell": f"Cannot tell about {name}: too little was answered beside other versions",
    }[verdict]
    since = f"First seen {words.minute(version['first_hour'])} {words.zone()}."
    counts = (
        f"In {words.count(version['hours_shared'], 'hour')} shared with other versions: "
        f"{words.number(version['shared_server_errors'])} server errors in "
        f"{words.count(version['shared_responses'], 'response')}, the others "
        f"{words.number(version['others_shared_server_errors'])} in "
        f"{words.number(version['others_shared_responses'])}."
    )
    ratio = ""
    if not pd.isna(version["risk_ratio"]) and not pd.isna(version["risk_ratio_low"]):
        ratio = (
            f" Hour by hour ×{version['risk_ratio']:.2f} (95 %: {version['risk_ratio_low']:.2f} "
            f"to {version['risk_ratio_high']:.2f}), p = {version['p_value']:.2g}."
        )
    markup.banner(sign, headline, [markup.text(f"{since} {counts}{ratio}")], tint)


def _versions(shown: View, colours: Palette) -> None:
    found = data.frame(shown.generation, "version_hours", **shown.chosen.parameters())
    everything = found[found["service_version"].isna()]
    own = found.dropna(subset=["service_version"])
    latest = own.groupby("service_version")["hour"].max().sort_values(ascending=False)
    names = list(latest.index[:_MOST_VERSIONS])
    panel("Error ratio by version", "dashed: all versions, the same hour a week before")
    if not names:
        st.text("The logs name no service version in this period.")
        return
    if everything["week_before_error_ratio"].isna().all():
        st.caption("There are no data from a week before.")
    lanes = []
    for name in names:
        mine = own[own["service_version"] == name]
        responses = words.count(mine["responses"].sum(), "response")
        lanes.append((name, responses, chart_data.version_steps(mine, everything)))
    st.echarts_chart(
        charts.version_lanes(lanes, shown.chosen.period, colours),
        height=len(lanes) * 92 + 20,
        key="versions-through-time",
        alt="Error ratio of each service version by hour; the table below has the figures",
    )
    tables.behind(found, "versions-through-time", columns=_COLUMNS)


def _origins(origins: pd.DataFrame, chosen: Filters, colours: Palette) -> None:
    panel("By version, host and delivery service", "an outlier’s interval touches no other’s")
    rows = []
    for kind, title in _KINDS.items():
        mine = origins[origins["kind"] == kind]
        for row in mine.to_dict("records"):
            others = mine[mine["origin"] != row["origin"]]
            rows.append(_origin(row, others, title, chosen, colours))
    columns = [
        ("Origin", "f x"),
        ("Responses", "n"),
        ("Error ratio", "n"),
        ("95 %", "w"),
        ("A week before", "n"),
        ("Server errors", "n"),
    ]
    markup.table(columns, rows, caption="Errors by where the responses came from")
    tables.behind(origins, "origins", columns=_COLUMNS)


def _origin(
    row: dict[Any, Any], others: pd.DataFrame, title: str, chosen: Filters, colours: Palette
) -> list[str]:
    column = "service_version" if row["kind"] == "version" else str(row["kind"])
    name = (
        _behind(row["origin"], column, chosen)
        if isinstance(row["origin"], str)
        else markup.text("not named in the log")
    )
    low, high = row["error_ratio_low"], row["error_ratio_high"]
    outlier = len(others) > 0 and bool((others["error_ratio_high"] < low).all())
    ratio = words.percent(row["error_ratio"])
    return [
        markup.text(f"{title} ", "var(--muted)") + name,
        markup.text(words.number(row["responses"])),
        markup.text(f"▲ {ratio}", colours.worse, title="Above all others")
        if outlier
        else markup.strong(ratio),
        markup.text(f"{words.percent(low)} to {words.percent(high)}" if low == low else words.NONE),
        markup.text(words.percent(row["week_before_error_ratio"])),
        markup.text(words.percent(row["server_error_ratio"])),
    ]


def _latency(shown: View) -> None:
    period = shown.chosen.period
    panel("Time to answer by route", "95 of 100 responses took no longer than p95")
    if period.end - period.start > _LONGEST_LATENCY:
        st.text("Shown for time ranges of up to 7 days: choose a shorter one above.")
        return
    found = data.frame(shown.generation, "route_latency", **shown.chosen.parameters())
    rows = []
    for row in found.to_dict("records"):
        week = row["week_before_p95_ms"]
        rows.append(
            [
                _behind(row["http_route"], "http_route", shown.chosen, "duration_ms")
                if isinstance(row["http_route"], str)
                else markup.text("unknown"),
                markup.text(f"{words.number(row['p50_ms'])} ms"),
                markup.strong(f"{words.number(row['p95_ms'])} ms"),
                markup.text(f"{words.number(row['p99_ms'])} ms"),
                markup.text(words.NONE if pd.isna(week) else f"{words.number(week)} ms"),
                markup.text(
                    words.NONE if pd.isna(week) else words.change(row["p95_ms"], float(week))
                ),
            ]
        )
    columns = [
        ("Route", "f x"),
        ("p50", "n"),
        ("p95", "n"),
        ("p99", "n"),
        ("A week before", "n"),
        ("Change", "n"),
    ]
    markup.table(columns, rows, caption="Time to answer by route, slowest first")
    tables.behind(found, "time-to-answer")


def _scope(chosen: Filters) -> None:
    if chosen.narrowed:
        st.caption("Of all tenants, surfaces and errors: only the time range applies here.")


_RATIO = st.column_config.NumberColumn(format="percent")
_COLUMNS = {
    name: _RATIO
    for name in (
        "error_ratio",
        "error_ratio_low",
        "error_ratio_high",
        "server_error_ratio",
        "server_error_ratio_low",
        "server_error_ratio_high",
        "week_before_error_ratio",
    )
}
