"""The tables of the Overview: error codes and surfaces, each row a way to the Errors page."""

from typing import Any

import pandas as pd
import streamlit as st

from chertlog.dashboard import data
from chertlog.dashboard.drawing import markup, tables, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame.filters import Filters
from chertlog.dashboard.frame.view import View
from chertlog.dashboard.screens.errors import heat

MOST_CODES = 10


def codes(found: pd.DataFrame, steps: pd.DataFrame, shown: View, colours: Palette) -> None:
    panel("Top error codes", "most frequent first; a code opens it")
    if found.empty:
        st.text("No errors in this period.")
        return
    chosen, starts = shown.chosen, list(steps["starts_at"])
    trends = _trends(data.frame(shown.generation, "code_steps", **chosen.parameters()))
    rows = []
    for code in found.head(MOST_CODES).to_dict("records"):
        mine = trends[_number(code["error_code"])]
        trend = [float(mine.get(at, 0)) for at in starts]
        rows.append(_code_row(code, trend, chosen, colours))
    markup.table(_CODE_COLUMNS, rows, caption="Error codes, most frequent first")
    if len(found) > MOST_CODES:
        rest = found.iloc[MOST_CODES:]
        st.caption(
            f"{words.count(len(rest), 'more code')} with "
            f"{words.count(rest['errors'].sum(), 'error')} in the table."
        )
    tables.behind(found, "error-codes", columns=COLUMNS)


def _trends(steps: pd.DataFrame) -> dict[int | None, dict[pd.Timestamp, int]]:
    """By code: the errors of each step that has any."""
    trends: dict[int | None, dict[pd.Timestamp, int]] = {}
    each = zip(steps["error_code"], steps["starts_at"], steps["errors"], strict=True)
    for code, at, errors in each:
        trends.setdefault(_number(code), {})[at] = errors
    return trends


def _number(code: Any) -> int | None:
    return None if pd.isna(code) else int(code)


def _code_row(
    code: dict[Any, Any], trend: list[float], chosen: Filters, colours: Palette
) -> list[str]:
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
        markup.link(f"{name} {error_type if known else ''}".strip(), _opened(code, chosen)),
        markup.text(words.number(code["errors"])),
        markup.share_bar(code["share"], tint, words.percent(code["share"], 1)),
        markup.text(flag, tint),
        markup.sparkline(trend, tint, f"Errors {name} through the period"),
        markup.text(meaning),
        markup.text(words.minute(code["last_seen_at"])),
        markup.trace_link(code["last_trace_id"]),
    ]


def _opened(code: dict[Any, Any], chosen: Filters) -> str:
    value = heat.NO_CODE if pd.isna(code["error_code"]) else str(int(code["error_code"]))
    return "errors" + chosen.link(code=value)


def surfaces(steps: pd.DataFrame, chosen: Filters, colours: Palette) -> None:
    panel("Surfaces", "highest error ratio first; a surface opens its errors")
    totals = steps[steps["starts_at"].isna()].sort_values("error_ratio", ascending=False)
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
                markup.link(one["surface"], "errors" + chosen.link(surface=one["surface"])),
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
    tables.behind(totals.drop(columns="starts_at"), "surfaces", columns=COLUMNS)


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
COLUMNS = {
    "error_code": st.column_config.NumberColumn(format="plain"),
    "error_ratio": _RATIO,
    "error_ratio_low": _RATIO,
    "error_ratio_high": _RATIO,
    "share": _RATIO,
}
