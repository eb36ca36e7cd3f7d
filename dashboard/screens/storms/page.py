"""Retry storms: who retries far more than is normal, is it their fault, and what does it cost?

The URL reproduces it: the filters, and storm=ID for the storm that is opened.
"""

from typing import Any

import pandas as pd
import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.drawing import markup, storm_words, tables, theme, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame import opened, states, view
from chertlog.dashboard.frame.filters import Filters
from chertlog.dashboard.frame.view import View
from chertlog.dashboard.screens.storms import storm_cards, storm_charts, storm_detail

_STORM = "storm"
_MOST_LANES = 12
_MOST_ROWS = 10


def main() -> None:
    shown, colours = view.current(), theme.palette()
    chosen = shown.chosen
    limits = data.frame(shown.generation, "thresholds")
    limit = dict(zip(limits["parameter"], limits["value"].astype(float), strict=True))
    steps = _steps(shown, chosen)
    attempts = steps["first_attempts"].fillna(0).sum() + steps["retries"].fillna(0).sum()
    asked = opened.asked(_STORM)
    if not attempts and not asked:
        states.no_match(chosen)
        return
    storms = data.frame(shown.generation, "storms", **chosen.parameters())
    storm = _opened(storms, asked, shown)
    if asked and storm is not None:
        # Who comes by a link to a storm wants that storm; all others follow.
        _choice(storms, storm)
        storm_detail.draw(storm, shown, limit, colours)
        panel("All storms")
    storm_cards.draw(storms, steps, limit, chosen)
    st.caption(f"{storm_words.definition(limit)} {_not_applied(chosen)}")
    if storms.empty:
        _good_news(chosen, colours)
        return
    here = storm["storm_id"] if storm else ""
    with st.container(border=True):
        _timeline(storms, here, shown, colours)
    with st.container(border=True):
        _table(storms, here, chosen, colours)
    if not asked and storm is not None:
        panel("The most costly one")
        storm_detail.draw(storm, shown, limit, colours)


def _steps(shown: View, chosen: Filters) -> pd.DataFrame:
    return data.frame(
        shown.generation,
        "retry_steps",
        **chosen.parameters(),
        all_tenants=chosen.tenant is None,
    )


def _not_applied(chosen: Filters) -> str:
    notes = []
    if chosen.surfaces:
        notes.append(
            "With surfaces chosen, storms with a retry on them; their figures, and the retries of "
            "the period, are those of all surfaces."
        )
    if chosen.retryable is not None:
        notes.append("The filter by retryability does not apply here: a storm counts all retries.")
    return " ".join(notes)


def _opened(storms: pd.DataFrame, asked: str, shown: View) -> dict[str, Any] | None:
    """The storm that the URL asks for, else the most costly one."""
    found = storms[storms["storm_id"] == asked]
    if asked and found.empty:
        found = data.frame(shown.generation, "storm", storm=asked)
    if found.empty:
        if asked:
            st.text("The storm that this link names is not in the data:")
            st.code(asked[:200], language=None)
            return None
        found = storms
    if found.empty:
        return None
    return {str(k): v for k, v in found.iloc[0].items()}


def _good_news(chosen: Filters, colours: Palette) -> None:
    period = chosen.period
    when = f"{words.minute(period.start)} to {words.minute(period.end)} {words.zone()}"
    details = [markup.text(f"From {when}. What would have been one stands above.")]
    if chosen.narrowed:
        details.append(markup.text("Other tenants or surfaces may have had some."))
    markup.banner("✓", "No retry storms", details, colours.better)


def _timeline(storms: pd.DataFrame, here: str, shown: View, colours: Palette) -> None:
    panel("When and who", "a larger mark has more retries; a mark opens its storm")
    tenants = storm_charts.lanes(storms)
    drawn = tenants[:_MOST_LANES]
    option, marks = storm_charts.timeline(
        storms, drawn, shown.chosen.period, here, colours, known_from=shown.coverage.first_at
    )
    # A selection is a place in the data, and outlives what it was made in: so the key holds what is
    # looked at and what is opened.
    state = (shown.generation, shown.chosen.link(), opened.asked(_STORM))
    key = f"storm-timeline-{hash(state)}"

    def opens() -> None:
        for each in st.session_state[key].selection.selected:
            if each["series_index"] < len(marks) and each["data_indices"]:
                opened.ask(_STORM, marks[each["series_index"]][each["data_indices"][0]])

    st.echarts_chart(
        option,
        height=70 + storm_charts.LANE * len(drawn),
        key=key,
        on_select=opens,
        alt="Storms through time, a lane a tenant; the table below has them",
    )
    if len(tenants) > len(drawn):
        st.caption(f"{words.count(len(tenants) - len(drawn), 'more tenant')} in the table below.")


def _table(storms: pd.DataFrame, here: str, chosen: Filters, colours: Palette) -> None:
    panel("Storms", "most costly first; the time opens a storm")
    drawn = storms.head(_MOST_ROWS).to_dict("records")
    rows = [_row(each, each["storm_id"] == here, chosen, colours) for each in drawn]
    markup.table(_COLUMNS, rows, caption="Retry storms, most costly first")
    if len(storms) > _MOST_ROWS:
        rest = storms.iloc[_MOST_ROWS:]
        st.caption(
            f"{words.count(len(rest), 'more storm')} with "
            f"{words.number(rest['wasted_attempts'].sum())} wasted attempts in the table."
        )
    tables.behind(storms, "storms", columns=_TABLE_COLUMNS)


def _row(storm: dict[Any, Any], is_here: bool, chosen: Filters, colours: Palette) -> list[str]:
    verdict = storm["verdict"]
    address = chosen.link(storm=storm["storm_id"])
    return [
        markup.link(words.second(storm["started_at"]), address)
        + (markup.here(" ◂ opened") if is_here else ""),
        markup.text(storm_words.caller(storm)),
        markup.text(storm_words.named(verdict), storm_words.tint(verdict, colours)),
        markup.text(storm_words.because(storm)),
        markup.text(words.duration(float(storm["seconds"]))),
        markup.strong(words.number(storm["wasted_attempts"])),
        markup.text(words.number(storm["retries"])),
        markup.text(f"{storm['amplification']:.1f}"),
        markup.text(words.number(storm["operations_saved"])),
    ]


def _choice(storms: pd.DataFrame, storm: dict[str, Any]) -> None:
    labels = {s["storm_id"]: storm_words.label(s) for s in storms.to_dict("records")}
    is_outside = storm["storm_id"] not in labels
    labels.setdefault(storm["storm_id"], storm_words.label(storm))
    with st.container(horizontal=True, vertical_alignment="center"):
        opened.choice(_STORM, "Storm opened", labels, storm["storm_id"])
        st.button("All storms", icon=":material/arrow_back:", on_click=opened.close, args=(_STORM,))
    if is_outside:
        st.caption("This storm lies outside the filters above.")


_COLUMNS = [
    ("Started (UTC)", "f w"),
    ("Tenant", "x"),
    ("Verdict", "w"),
    ("Why", "m"),
    ("Lasted", "n"),
    ("Wasted attempts", "n"),
    ("Retries", "n"),
    ("Amplification", "n"),
    ("Operations saved", "n"),
]
_RATIO = st.column_config.NumberColumn(format="percent")
_TABLE_COLUMNS = {
    "error_code": st.column_config.NumberColumn(format="plain"),
    **dict.fromkeys(
        (
            "share_of_load",
            "early_retry_share",
            "final_error_retry_share",
            "top_of_hour_share",
            "released_share",
            "first_error_ratio",
            "share_4002",
            "outage_share",
            "retry_share_of_rise",
            "weak_retry_share",
        ),
        _RATIO,
    ),
}

main()
