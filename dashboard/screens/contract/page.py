"""Contract: do our responses keep to the API reference, and where is retryable overridden?"""

from typing import Any

import pandas as pd
import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.drawing import markup, tables, theme, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame import states, view
from chertlog.dashboard.frame.view import View
from chertlog.dashboard.screens.contract import contract_charts, contract_tables, contract_words

Row = dict[Any, Any]


def main() -> None:
    shown, colours = view.current(), theme.palette()
    chosen = shown.chosen
    parameters = chosen.parameters()
    judged = data.frame(shown.generation, "judged_responses", **parameters).iloc[0].to_dict()
    if not judged["judged"] + judged["unclassified"]:
        states.no_match(chosen)
        return
    kinds = data.frame(shown.generation, "contract_kinds", **parameters)
    if chosen.retryable is not None:
        st.caption(
            "The retryability filter applies to the overrides only: a violation may be that the "
            "flag is missing."
        )
    _verdict(kinds, judged, colours)
    kind, route = (_asked(name) for name in ("kind", "route"))
    if kind or route:
        found = _rows(shown, kind, route)
        with st.container(border=True, key="opened"):
            contract_tables.violations(found, kind, route, chosen)
    if not kinds.empty:
        _broken(kinds, shown, colours)
    overrides = data.frame(shown.generation, "contract_overrides", **parameters)
    with st.container(border=True):
        contract_tables.overrides(overrides, colours)
    with st.container(border=True):
        contract_tables.flapping(_rows(shown, "flapping_retryable", None), chosen)


def _rows(shown: View, kind: str | None, route: str | None) -> pd.DataFrame:
    parameters = shown.chosen.parameters()
    return data.frame(shown.generation, "contract_rows", kind=kind, route=route, **parameters)


def _broken(kinds: pd.DataFrame, shown: View, colours: Palette) -> None:
    """What was broken: when, which rules, where."""
    chosen = shown.chosen
    coarse = chosen.parameters(chosen.period.coarser)
    with st.container(border=True):
        _over_time(kinds, data.frame(shown.generation, "contract_steps", **coarse), shown, colours)
    with st.container(border=True):
        contract_tables.kinds(kinds, chosen)
    with st.container(border=True):
        routes = data.frame(shown.generation, "contract_routes", **chosen.parameters())
        contract_tables.routes(routes, chosen)


def _asked(name: str) -> str | None:
    return st.query_params.get(name) or None


def _verdict(kinds: pd.DataFrame, judged: Row, colours: Palette) -> None:
    checked = words.count(judged["judged"], "response")
    unseen = words.count(judged["unclassified"], "response")
    details = [
        markup.text(
            f"{checked} judged against {len(contract_words.MEANINGS)} rules; {unseen} seen by the "
            "edge log only, of whose bodies nothing is known."
        )
    ]
    if kinds.empty:
        markup.banner("✓", "No contract violation in this period", details, colours.better)
        return
    total = words.count(kinds["violations"].sum(), "contract violation")
    broken = words.count(len(kinds), "kind")
    markup.banner("✕", f"{total}, of {broken}", details, colours.worse)


def _over_time(kinds: pd.DataFrame, steps: pd.DataFrame, shown: View, colours: Palette) -> None:
    chosen, period = shown.chosen, shown.chosen.period.coarser
    how = f"per {words.step(period.step)}; a cell opens its kind; blank is no data"
    panel("Violations by kind through time", how)
    drawn = contract_charts.cells(kinds, steps, shown.coverage, period)

    def opened() -> None:
        selected = st.session_state[key]["selection"]["selected"]
        if selected and selected[0]["data_indices"]:
            st.query_params["kind"] = str(drawn.iloc[selected[0]["data_indices"][0]]["y"])

    key = f"kinds-{abs(hash((chosen.link(), tuple(drawn['id']))))}"
    st.echarts_chart(
        contract_charts.option(drawn, kinds, period, colours),
        height=66 + 24 * len(kinds),
        key=key,
        on_select=opened,
        alt="Heat map of violations by kind and time; the table below has the same figures",
    )
    tables.behind(steps, "violations-through-time")


main()
