"""Whether trying again helps: the success of first, second … attempts, as a table with bars."""

import pandas as pd
import streamlit as st

from chertlog.dashboard.drawing import markup, words
from chertlog.dashboard.drawing.theme import Palette

_SIX = 6


def table(attempts: pd.DataFrame, colours: Palette) -> None:
    """A row for each number of the attempt; a figure leads to the latest where one is known."""
    rows = []
    for row in attempts.to_dict("records"):
        tried = f"{words.number(row['successes'])} of {words.number(row['attempts'])}"
        latest, ratio = row.get("trace_id"), row["success_ratio"]
        known = not pd.isna(ratio)
        low, high = (words.percent(row[f"success_ratio_{end}"], 0) for end in ("low", "high"))
        rows.append(
            [
                markup.strong(f"{row['attempt']}{' and more' if row['attempt'] == _SIX else ''}"),
                markup.trace_link(latest, tried) if isinstance(latest, str) else markup.text(tried),
                markup.share_bar(ratio, colours.better, words.percent(ratio, 0))
                if known
                else markup.text("unclassified"),
                markup.text(f"{low} to {high}" if known else words.NONE),
            ]
        )
    markup.table(_COLUMNS, rows, caption="Success by number of the attempt")


_COLUMNS = [
    ("Attempt", "f w"),
    ("Succeeded", "n"),
    ("Success ratio", "w"),
    ("95 % interval", "w"),
]
_RATIO = st.column_config.NumberColumn(format="percent")
COLUMNS = {
    "success_ratio": _RATIO,
    "success_ratio_low": _RATIO,
    "success_ratio_high": _RATIO,
}
