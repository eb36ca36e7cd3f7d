"""The figures at the head of the storms page: how many, how bad, and what a budget would refuse."""

import pandas as pd
import streamlit as st

from chertlog.dashboard.drawing import markup, storm_words, words
from chertlog.dashboard.frame import behind
from chertlog.dashboard.frame.filters import Filters


def draw(
    storms: pd.DataFrame, steps: pd.DataFrame, limit: dict[str, float], chosen: Filters
) -> None:
    """Five cards: of the storms of the period, and of all its retries."""
    retries = float(steps["retries"].fillna(0).sum())
    inside = int(storms["retries"].sum())
    wasted, saved = int(storms["wasted_attempts"].sum()), int(storms["operations_saved"].sum())
    over, over_high = (float(steps[c].fillna(0).sum()) for c in ("over_budget", "over_high_budget"))
    low, high = storm_words.budgets(limit)
    by_peak = storms.sort_values("peak_retries_per_minute", ascending=False)
    worst = by_peak.to_dict("records")[0] if len(storms) else None
    cards = [
        (
            "Storms",
            words.number(len(storms)),
            storm_words.verdicts(storms),
            "Episodes under way in this period: ■ retry storm, ◆ saturation storm, ▲ amplified "
            "outage, ▼ metastable, ● top-of-hour herd.",
            behind.storms(chosen, order="started_at"),
        ),
        (
            "Retries in storms",
            words.number(inside),
            f"{words.number(retries)} retries in the period",
            "A retry is an attempt after the first of its operation. Storms that reach over the "
            "edge of the period count whole.",
            behind.storms(chosen, order="retries"),
        ),
        (
            "Worst minute",
            words.number(None if worst is None else worst["peak_retries_per_minute"])
            + ("" if worst is None else " retries"),
            ""
            if worst is None
            else f"{storm_words.caller(worst)}, {words.minute(worst['started_at'])}",
            "Most retries of one tenant in one minute of the clock.",
            "" if worst is None else "storms" + chosen.link(storm=worst["storm_id"]),
        ),
        (
            "Wasted attempts",
            words.number(wasted),
            f"{words.count(saved, 'operation')} saved by a retry",
            "Attempts in storms that were answered by an error; and operations that a retry made "
            "succeed, then or later.",
            behind.storms(chosen, order="wasted_attempts"),
        ),
        (
            f"Over a {low} budget",
            words.percent(over / retries if retries else None, 0),
            f"{words.number(over)} of {words.number(retries)} retries; {high}: "
            f"{words.number(over_high)}",
            f"Retries that a budget of {low} of each tenant’s attempts a minute would have "
            "refused, in storms or not.",
            behind.retries_over_budget(chosen),
        ),
    ]
    with st.grid(5, min_column_width=165, border=True, key="cards") as grid:
        for name, value, note, meaning, target in cards:
            with grid.cell():
                st.metric(name, value, help=meaning)
                # Behind nothing there are no rows to see.
                markup.note(note, "", "" if value in ("0", words.NONE) else target)
