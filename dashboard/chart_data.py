"""What a chart of steps is drawn from: the figures of its table, and the text of each tooltip.

Tooltips are texts of the frame itself, so that a chart says what its table says.
"""

from typing import Any

import pandas as pd

from chertlog.dashboard import words
from chertlog.dashboard.periods import Period


def prepared(steps: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The frame with instants, percentages for the axes, and the text of each tooltip."""
    data = steps.copy()
    data["at"] = (data["starts_at"] + period.step / 2).dt.tz_localize("UTC")
    data["error_percent"] = data["error_ratio"].astype(float) * 100
    data["low_percent"] = data["error_ratio_low"].astype(float) * 100
    data["width_percent"] = data["error_ratio_high"].astype(float) * 100 - data["low_percent"]
    data["tooltip"] = [_told(step, period) for step in data.to_dict("records")]
    return data.drop(columns="starts_at")


def _told(step: dict[Any, Any], period: Period) -> str:
    when = f"{words.span(step['starts_at'], step['starts_at'] + period.step)} UTC"
    if pd.isna(step["responses"]):
        return f"{when}: no data"
    low, high = (words.percent(step[f"error_ratio_{end}"]) for end in ("low", "high"))
    interval = "" if pd.isna(step["error_ratio"]) else f" (95 %: {low} to {high})"
    parts = [
        when,
        f"{words.number(step['responses'])} responses, {words.number(step['errors'])} errors",
        f"error ratio {words.percent(step['error_ratio'])}{interval}",
        f"{words.FINAL} {words.number(step['final_errors'])}",
        f"{words.RETRYABLE} {words.number(step['retryable_errors'])}",
        f"{words.UNSAID} {words.number(step['unsaid_errors'])}",
    ]
    return "\n".join(parts)
