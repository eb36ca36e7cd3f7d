"""Which zone times are written in: UTC, or on request the reader's own, kept in the URL as `tz`."""

import streamlit as st

from chertlog.dashboard.drawing import clock

_KEY = "tz"


def choose() -> str:
    """Draw the choice in the side bar, if there is one; the zone chosen.

    A link may name a third zone, its sender's: it holds here too.
    """
    own, asked = st.context.timezone, st.query_params.get(_KEY)
    on_offer = [clock.UTC]
    for zone in (own, asked, st.session_state.get(_KEY)):
        if zone and clock.is_known(zone) and not _is_utc(zone) and zone not in on_offer:
            on_offer.append(zone)
    if len(on_offer) == 1:
        return clock.UTC
    with st.sidebar:
        chosen: str | None = st.segmented_control(
            "Times in",
            on_offer,
            default=clock.UTC,
            required=True,
            key=_KEY,
            bind="query-params",
        )
    return chosen or clock.UTC


def _is_utc(zone: str) -> bool:
    return zone in ("UTC", "GMT", "UCT", "Zulu", "Universal") or zone.startswith("Etc/U")
