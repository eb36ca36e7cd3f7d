"""4002 saturation: which hours run out of lines, when in the hour, and does it clear at :00?"""

import pandas as pd
import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.drawing import clock, heat_map, markup, tables, theme, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame import states, view
from chertlog.dashboard.frame.filters import Filters
from chertlog.dashboard.frame.view import View
from chertlog.dashboard.screens.saturation import (
    saturated,
    saturated_hour,
    saturation_charts,
    saturation_tables,
)

MOST_DATES = 62


def main() -> None:
    shown, colours = view.current(), theme.palette()
    chosen = shown.chosen
    parameters = chosen.parameters()
    hours = data.frame(shown.generation, "saturation_hours", **parameters)
    minutes = data.frame(shown.generation, "saturation_minutes", **parameters)
    forecast = data.frame(shown.generation, "saturation_forecast", **parameters)
    if chosen.surfaces or chosen.retryable is not None:
        st.caption(
            "Lines are shared by all surfaces, and 4002 is one code: the surface and retryability "
            "filters do not apply to this page."
        )
    hour = saturated.moment(st.query_params.get("hour"))
    if hour is not None:
        saturated_hour.draw(shown, hour, colours)
    if hours.empty:
        _nothing(shown, chosen, minutes, forecast, colours)
        return
    _verdict(hours, forecast, colours)
    _cards(hours, minutes, chosen)
    measure = _measure()
    with st.container(border=True):
        _date_hours(minutes, chosen, measure, colours)
    left, right = st.columns([5, 3])
    with left.container(border=True, height="stretch"):
        _hour_minutes(minutes, measure, colours)
    with right.container(border=True, height="stretch"):
        _profile(minutes, measure, colours)
    with st.container(border=True):
        saturation_tables.hours(hours, chosen, colours)
    with st.container(border=True):
        saturation_tables.forecast(forecast, chosen, colours)
    with st.container(border=True):
        saturation_tables.lines(
            data.frame(shown.generation, "saturation_lines", **parameters), chosen, colours
        )


def _nothing(
    shown: View, chosen: Filters, minutes: pd.DataFrame, forecast: pd.DataFrame, colours: Palette
) -> None:
    """No 4002 in this period, which is good news if anything was sent."""
    routes = data.frame(shown.generation, "saturation_routes")
    if routes.empty:
        markup.banner(
            "✓",
            "No response in the database is a 4002: the lines had room for every message",
            [
                markup.text(
                    "Nothing is known of their capacity either: the log names it when it is "
                    "reached."
                )
            ],
            colours.better,
        )
        return
    if minutes.empty:
        states.no_match(chosen)
        return
    sent = minutes[minutes["hour"].notna()]["first_attempts"].sum()
    start, end = words.minute(chosen.period.start), words.minute(chosen.period.end)
    markup.banner(
        "✓",
        f"No 4002 from {start} to {end} {words.zone()}",
        [
            markup.text(
                f"The lines had room for all {words.count(sent, 'first attempt')} on the "
                f"{words.count(len(routes), 'route')} that ever answered 4002. A longer range may "
                "hold some."
            )
        ],
        colours.better,
    )
    with st.container(border=True):
        saturation_tables.forecast(forecast, chosen, colours)


def _verdict(hours: pd.DataFrame, forecast: pd.DataFrame, colours: Palette) -> None:
    sign, said, state = saturated.headline(hours)
    tint = colours.worse if state == "worse" else colours.muted
    markup.banner(sign, said, [markup.text(saturated.outlook(forecast))], tint)


def _cards(hours: pd.DataFrame, minutes: pd.DataFrame, chosen: Filters) -> None:
    total = minutes[minutes["hour"].isna() & minutes["minute_of_hour"].isna()].iloc[0].to_dict()
    with st.grid(5, min_column_width=165, border=True, key="cards") as grid:
        for card in saturated.cards(hours, total, chosen):
            with grid.cell():
                st.metric(card.label, card.value, help=card.help)
                markup.note(card.note, "", card.target)


def _measure() -> str:
    measure: str | None = st.segmented_control(
        "Measure of the charts",
        list(saturation_charts.MEASURES),
        default=saturation_charts.SHARE,
        required=True,
        key="measure",
        bind="query-params",
        label_visibility="collapsed",
    )
    return measure or saturation_charts.SHARE


def _unit(measure: str) -> str:
    return "%" if measure == saturation_charts.SHARE else ""


def _date_hours(minutes: pd.DataFrame, chosen: Filters, measure: str, colours: Palette) -> None:
    panel("Date × hour", "a cell opens its hour; blank is no data")
    cells = saturation_charts.date_hours(minutes, measure)
    dates = saturation_charts.dates(
        clock.local(chosen.period.start), clock.local(chosen.period.end)
    )
    known = set(cells["y"])
    dates = _some_of([each for each in dates if each in known])
    drawn = cells[cells["y"].isin(dates)]
    row_height = max(13, min(34, 520 // max(len(dates), 1)))

    def opened() -> None:
        chosen_cells = st.session_state[key]["selection"]["selected"]
        if chosen_cells and chosen_cells[0]["data_indices"]:
            st.query_params["hour"] = drawn.iloc[chosen_cells[0]["data_indices"][0]]["id"]

    # Of other data the same place is another hour: the key says which data are meant.
    key = f"date-hours-{measure}-{abs(hash(tuple(drawn['id'])))}"
    st.echarts_chart(
        heat_map.option(
            drawn,
            [f"{n:02}" for n in range(24)],
            dates,
            saturation_charts.classes(cells, measure),
            colours,
            unit=_unit(measure),
            labelled=row_height >= 20,
        ),
        height=68 + row_height * len(dates),
        key=key,
        on_select=opened,
        alt="Heat map of 4002 by date and hour of day; the table below has the same figures",
    )
    tables.behind(_plain(cells, ["hour"]), "saturation-by-hour", columns=saturation_tables.COLUMNS)


def _some_of(dates: list[str]) -> list[str]:
    """As many dates as can be read below each other: the latest, or those the reader turns to."""
    pages = [dates[max(0, end - MOST_DATES) : end] for end in range(len(dates), 0, -MOST_DATES)]
    if len(pages) < 2:
        return dates
    names = {f"{page[0]} – {page[-1]}": page for page in pages}
    with st.container(horizontal=True, vertical_alignment="center"):
        name = st.selectbox(
            "Dates drawn",
            list(names),
            key="dates",
            bind="query-params",
            label_visibility="collapsed",
            width=260,
        )
        st.caption(
            f"{MOST_DATES} of {words.count(len(dates), 'date')} at a time; the table has all.",
            width="content",
        )
    return names[name]


def _hour_minutes(minutes: pd.DataFrame, measure: str, colours: Palette) -> None:
    panel("Hour of day (UTC) × minute", "does it build within the hour and clear at :00?")
    cells = saturation_charts.hour_minutes(minutes, measure)
    hours = sorted(set(cells["y"]))
    st.echarts_chart(
        heat_map.option(
            cells,
            [f":{n:02}" for n in range(60)],
            hours,
            saturation_charts.classes(cells, measure),
            colours,
            unit=_unit(measure),
            x_every=10,
        ),
        height=_minutes_height(minutes),
        key="hour-minutes",
        alt="Heat map of 4002 by hour of day and minute; the table below has the same figures",
    )
    tables.behind(
        _plain(cells, ["hour_of_day", "minute_of_hour"]),
        "saturation-by-minute",
        columns=saturation_tables.COLUMNS,
    )


def _profile(minutes: pd.DataFrame, measure: str, colours: Palette) -> None:
    panel("Minute of the hour", "all hours together, from ten past to ten past")
    cells = saturation_charts.profile(minutes, measure)
    st.echarts_chart(
        saturation_charts.profile_chart(cells, measure, colours),
        height=_minutes_height(minutes) - 32,
        key="minute-profile",
        alt="4002 by minute of the hour over all hours; the table below has the same figures",
    )
    st.caption(saturated.peak(cells, _unit(measure)))
    tables.behind(
        _plain(cells, ["minute_of_hour"]), "minute-of-the-hour", columns=saturation_tables.COLUMNS
    )


def _minutes_height(minutes: pd.DataFrame) -> int:
    """Both charts of minutes are as high as the rows of the first need."""
    return max(220, 68 + 15 * int(minutes["hour_of_day"].nunique()))


def _plain(cells: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return cells[[*keys, "first_attempts", "refused_first_attempts", "refused_share", "refused"]]


main()
