"""Overview: is something wrong now, and where do I go?"""

from typing import Any

import pandas as pd
import streamlit as st

from chertlog.dashboard import charts, data, markup, states, tables, theme, verdict, view, words
from chertlog.dashboard.filters import Filters
from chertlog.dashboard.markup import panel
from chertlog.dashboard.theme import Palette
from chertlog.dashboard.view import View

MOST_CODES = 10


def main() -> None:
    shown, colours = view.current(), theme.palette()
    chosen = shown.chosen
    now = _totals(shown, chosen, before=False)
    if not now["responses"]:
        states.no_match(chosen)
        return
    before = _totals(shown, chosen, before=True) if chosen.before else None
    steps = data.frame(shown.generation, "series", **chosen.parameters())
    codes = data.frame(shown.generation, "codes", **chosen.parameters())
    _verdict(now, before, codes, steps, chosen, colours)
    _cards(now, before, steps, chosen, colours)
    left, right = st.columns([2, 1])
    with left.container(border=True, height="stretch"):
        _over_time(steps, shown, chosen, colours)
    with right.container(border=True, height="stretch"):
        _by_surface(shown, chosen, colours)
    with st.container(border=True):
        _codes(codes, shown, chosen, colours)
    with st.container(border=True):
        _surfaces(shown, chosen, colours)


def _totals(shown: View, chosen: Filters, *, before: bool) -> dict[str, Any]:
    period = chosen.before if before else chosen.period
    row = data.frame(shown.generation, "totals", **chosen.parameters(period)).iloc[0]
    return {str(k): None if pd.isna(v) else v for k, v in row.items()}


def _verdict(
    now: dict[str, Any],
    before: dict[str, Any] | None,
    codes: pd.DataFrame,
    steps: pd.DataFrame,
    chosen: Filters,
    colours: Palette,
) -> None:
    said = verdict.of(now, before, codes, steps, chosen)
    tint = {"worse": colours.worse, "better": colours.better}.get(said.state, colours.muted)
    markup.banner(said.sign, said.headline, said.details, tint)


def _cards(
    now: dict[str, Any],
    before: dict[str, Any] | None,
    steps: pd.DataFrame,
    chosen: Filters,
    colours: Palette,
) -> None:
    compared = f"vs {chosen.range_name} before"
    with st.grid(5, min_column_width=165, border=True, key="cards") as cards:
        for card in verdict.cards(now, before, chosen):
            with cards.cell():
                st.metric(
                    card.label,
                    card.value,
                    card.delta,
                    delta_color=card.delta_colour,
                    delta_arrow=card.arrow,
                    delta_description=compared if card.delta else None,
                    help=card.help,
                )
                known = steps[card.column] if card.value != words.NONE else steps.iloc[:0, 0]
                series = [None if pd.isna(v) else float(v) for v in known]
                tint: str = getattr(colours, card.tint)
                trend = markup.sparkline(series, tint, f"{card.label} through the period")
                markup.note(card.note, trend)


def _over_time(steps: pd.DataFrame, shown: View, chosen: Filters, colours: Palette) -> None:
    panel("Errors over time", "as the bodies say, whatever the HTTP status")
    st.echarts_chart(
        charts.errors_over_time(
            steps,
            chosen.period,
            colours,
            known_from=pd.Timestamp(shown.coverage.first_at) if shown.coverage.first_at else None,
        ),
        height=400,
        key="errors-over-time",
        alt="Error ratio and errors by retryability through time; the table below has them",
    )
    tables.behind(steps, "errors-over-time", columns=_COLUMNS)


def _by_surface(shown: View, chosen: Filters, colours: Palette) -> None:
    coarse = chosen.period.coarser
    panel("Error ratio by surface", f"one scale, per {words.duration(coarse.step)}")
    steps = data.frame(shown.generation, "surface_steps", **chosen.parameters(coarse))
    totals = steps[steps["starts_at"].isna()].set_index("surface")["error_ratio"]
    own = steps.dropna(subset=["starts_at"])
    grid = data.frame(shown.generation, "series", **chosen.parameters(coarse))
    lanes = [
        (
            name,
            words.percent(totals.get(name)),
            _filled(grid[["starts_at", "responses"]], own[own["surface"] == name]),
        )
        for name in chosen.surfaces or shown.coverage.surfaces
    ]
    st.echarts_chart(
        charts.surface_lanes(lanes, coarse, colours),
        height=400,
        key="error-ratio-by-surface",
        alt="Error ratio of each surface through the period, on one scale",
    )
    tables.behind(own, "error-ratio-by-surface", columns=_COLUMNS)


def _filled(grid: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """All steps of the period for one surface: none known stays unknown, none seen becomes 0."""
    merged = grid.rename(columns={"responses": "known"}).merge(own, on="starts_at", how="left")
    counts = ["responses", "errors", "retryable_errors", "final_errors", "unsaid_errors"]
    merged[counts] = merged[counts].fillna(0).where(merged["known"].notna())
    return merged.drop(columns="known")


def _codes(codes: pd.DataFrame, shown: View, chosen: Filters, colours: Palette) -> None:
    panel("Top error codes", "most frequent first")
    if codes.empty:
        st.text("No errors in this period.")
        return
    trends = data.frame(shown.generation, "code_steps", **chosen.parameters())
    starts = data.frame(shown.generation, "series", **chosen.parameters())["starts_at"]
    rows = []
    for code in codes.head(MOST_CODES).to_dict("records"):
        mine = (
            trends["error_code"].isna()
            if pd.isna(code["error_code"])
            else (trends["error_code"] == code["error_code"])
        )
        trend = trends[mine].set_index("starts_at")["errors"].reindex(starts, fill_value=0)
        rows.append(_code_row(code, [float(n) for n in trend], colours))
    markup.table(_CODE_COLUMNS, rows, caption="Error codes, most frequent first")
    if len(codes) > MOST_CODES:
        rest = codes.iloc[MOST_CODES:]
        st.caption(
            f"{words.count(len(rest), 'more code')} with "
            f"{words.count(rest['errors'].sum(), 'error')} in the table."
        )
    tables.behind(codes, "error-codes", columns=_COLUMNS)


def _code_row(code: dict[Any, Any], trend: list[float], colours: Palette) -> list[str]:
    known = not pd.isna(code["error_code"])
    name = str(int(code["error_code"])) if known else "no code"
    error_type = code["error_type"] if isinstance(code["error_type"], str) else "undocumented"
    flag = words.marks(code["retryable_errors"], code["final_errors"], code["unsaid_errors"])
    tint = (
        colours.retryable
        if code["retryable_errors"] * 2 > code["errors"]
        else colours.final
        if code["final_errors"] * 2 > code["errors"]
        else colours.unsaid
    )
    meaning = code["meaning"] if isinstance(code["meaning"], str) else "Not in the API reference."
    return [
        markup.strong(name) + " " + markup.text(error_type if known else ""),
        markup.text(words.number(code["errors"])),
        markup.share_bar(code["share"], tint, words.percent(code["share"], 1)),
        markup.text(flag, tint),
        markup.sparkline(trend, tint, f"Errors {name} through the period"),
        markup.text(meaning),
        markup.text(words.minute(code["last_seen_at"])),
        markup.trace_link(code["last_trace_id"]),
    ]


def _surfaces(shown: View, chosen: Filters, colours: Palette) -> None:
    panel("Surfaces", "highest error ratio first; a surface opens this page for it alone")
    surfaces = data.frame(shown.generation, "surface_steps", **chosen.parameters())
    totals = surfaces[surfaces["starts_at"].isna()].sort_values("error_ratio", ascending=False)
    rows = []
    for one in totals.to_dict("records"):
        errors = one["errors"] or 1
        low, high = words.percent(one["error_ratio_low"]), words.percent(one["error_ratio_high"])
        parts = [
            (one["final_errors"] / errors, colours.final),
            (one["retryable_errors"] / errors, colours.retryable),
            (one["unsaid_errors"] / errors, colours.unsaid),
        ]
        split = f"✕ {words.number(one['final_errors'])} · ↻ {words.number(one['retryable_errors'])}"
        rows.append(
            [
                markup.link(one["surface"], chosen.link(surface=one["surface"])),
                markup.text(words.number(one["responses"])),
                markup.text(words.number(one["errors"])),
                markup.strong(words.percent(one["error_ratio"])),
                markup.text(f"{low} to {high}"),
                markup.text(split),
                markup.split_bar(parts, split),
                markup.text(words.number(one["unclassified"])),
            ]
        )
    markup.table(_SURFACE_COLUMNS, rows, caption="Surfaces, highest error ratio first")
    tables.behind(totals.drop(columns="starts_at"), "surfaces", columns=_COLUMNS)


_CODE_COLUMNS = [
    ("Code", "f w"),
    ("Errors", "n"),
    ("Share", "w"),
    ("Retryable, as sent", "w"),
    ("Trend", "t"),
    ("Meaning", "m"),
    ("Last seen (UTC)", "w"),
    ("Latest trace", "i"),
]
_SURFACE_COLUMNS = [
    ("Surface", "f w"),
    ("Responses", "n"),
    ("Errors", "n"),
    ("Error ratio", "n"),
    ("95 % interval", "w"),
    ("Non-retryable · retryable", "w"),
    ("Split", "t"),
    ("Unclassified", "n"),
]
_RATIO = st.column_config.NumberColumn(format="percent")
_COLUMNS = {
    "error_code": st.column_config.NumberColumn(format="plain"),
    "error_ratio": _RATIO,
    "error_ratio_low": _RATIO,
    "error_ratio_high": _RATIO,
    "share": _RATIO,
}

main()
