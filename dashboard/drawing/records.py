"""The rows of a frame as dicts of plain values, for what is written about each of them."""

from collections.abc import Iterator
from typing import Any

import pandas as pd


def records(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    """As to_dict("records"), in a fourth of its time; for the many rows of a chart."""
    names = list(frame.columns)
    return [dict(zip(names, row, strict=True)) for row in _values(frame)]


def _values(frame: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    columns = [
        # A Timestamp is written out much more slowly than a datetime.
        column.to_numpy("datetime64[us]").astype(object)
        if column.dtype.kind == "M"
        else column.to_numpy(object)
        for _, column in frame.items()
    ]
    return zip(*(column.tolist() for column in columns), strict=True)
