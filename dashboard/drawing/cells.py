"""Cells of tables, of values that may be missing: log text stays text, none reads –."""

from datetime import datetime
from typing import Any

import pandas as pd

from chertlog.dashboard.drawing import markup, words


def text(value: Any) -> str:
    return markup.text(value if isinstance(value, str) and value else words.NONE)


def count(value: Any) -> str:
    return markup.text(words.number(None if pd.isna(value) else value))


def second(value: datetime) -> str:
    return markup.text(words.NONE if pd.isna(value) else words.second(value))


def trace(value: Any) -> str:
    return markup.trace_link(value) if isinstance(value, str) and value else text(None)
