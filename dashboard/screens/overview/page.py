"""Overview: is something wrong now, and where do I go?"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.drawing import chart_data, charts, markup, tables, theme, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame import periods, states, view
from chertlog.dashboard.frame.filters import Filters
from chertlog.dashboard.frame.view import View
from chertlog.dashboard.screens.overview import attention, overview_tables, verdict


def main() -> None:
    shown, colours = view.current(), theme.palette()
    chosen = shown.chosen
    now, before = _totals(shown, chosen)
    if not now["responses"]:
        states.no_match(chosen)
        return
    steps = data.frame(shown.generation, "series", **chosen.parameters())
    codes = data.frame(shown.generation, "codes", **chosen.parameters())
    surfaces = data.frame(
        shown.generation, "surface_steps", **chosen.parameters(chosen.period.coarser)
    )
    _verdict(now, before, codes, steps, chosen, colours)
    _cards(now, before, steps, chosen, colours)
    storms = chart_data.named(data.frame(shown.generation, "storms", **chosen.parameters()))
    left, right = st.columns([2, 1])
    with left.container(border=True, height="stretch"):
        _over_time(steps, storms, shown, chosen, colours)
    with right.container(border=True, height="stretch"):
        attention.draw(shown, codes, storms, colours)
    with st.container(border=True):
        overview_tables.codes(codes, steps, shown, colours)
    left, right = st.columns([2, 1])
    with left.container(border=True, height="stretch"):
        overview_tables.surfaces(surfaces, chosen, colours)
    with right.container(border=True, height="stretch"):
        _by_surface(surfaces, steps, shown, colours)


def _totals(shown: View, chosen: Filters) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Of the period, and of the one before if there is one to compare with."""
    found = data.frame(shown.generation, "totals", **chosen.parameters()).to_dict("records")
    now, before = ({str(k): None if pd.isna(v) else v for k, v in row.items()} for row in found)
    return now, before if chosen.before else None


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
    # Nothing longer fits under the figures on a phone.
    compared = "vs before" if chosen.range_name == periods.CUSTOM else f"vs {chosen.length} before"
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
                markup.note(card.note, trend, card.target)


def _over_time(
    steps: pd.DataFrame, storms: pd.DataFrame, shown: View, chosen: Filters, colours: Palette
) -> None:
    panel("Errors over time", "as the bodies say, whatever the HTTP status")
    steps = chart_data.with_storms(steps, storms, chosen.period)
    st.echarts_chart(
        charts.errors_over_time(
            steps,
            storms,
            chosen.period,
            colours,
            known_from=pd.Timestamp(shown.coverage.first_at) if shown.coverage.first_at else None,
        ),
        height=430,
        key="errors-over-time",
        alt="Retry storms, error ratio and errors by retryability through time; the table below "
        "has them",
    )
    tables.behind(steps, "errors-over-time", columns=overview_tables.COLUMNS)


def _by_surface(surfaces: pd.DataFrame, steps: pd.DataFrame, shown: View, colours: Palette) -> None:
    chosen, coarse = shown.chosen, shown.chosen.period.coarser
    panel("Error ratio by surface", f"one scale, per {words.step(coarse.step)}")
    totals = surfaces[surfaces["starts_at"].isna()].set_index("surface")["error_ratio"]
    own = surfaces.dropna(subset=["starts_at"])
    grid = chart_data.known(steps, chosen.period, coarse)
    names = chosen.surfaces or shown.coverage.surfaces
    drawn = chart_data.prepared(_filled(grid, own, names), coarse)
    lanes = [
        (name, words.percent(totals.get(name)), drawn.iloc[n * len(grid) : (n + 1) * len(grid)])
        for n, name in enumerate(names)
    ]
    st.echarts_chart(
        charts.surface_lanes(lanes, coarse, colours),
        height=len(lanes) * 66 + 16,
        key="error-ratio-by-surface",
        alt="Error ratio of each surface through the period, on one scale",
    )
    tables.behind(own, "error-ratio-by-surface", columns=overview_tables.COLUMNS)


def _filled(grid: pd.DataFrame, own: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """All steps of the period, surface by surface: none known stays unknown, none seen is 0."""
    steps = pd.MultiIndex.from_product([names, grid["starts_at"]], names=["surface", "starts_at"])
    filled = own.set_index(["surface", "starts_at"]).reindex(steps)
    counts = ["responses", "errors", "retryable_errors", "final_errors", "unsaid_errors"]
    filled[counts] = filled[counts].fillna(0)
    filled.loc[~np.tile(grid["is_known"].to_numpy(bool), len(names)), counts] = np.nan
    return filled.reset_index()


main()
