"""What a query gave: rows in Arrow form, and their text in the formats people ask for.

Owns the formats csv, json and parquet. Tables for the terminal are drawn by the command line.
"""

import csv
import io
import json
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    import pandas as pd

Format = Literal["csv", "json", "parquet"]
FORMATS: tuple[str, ...] = get_args(Format)


class Result:
    """Rows of a query, with their columns and whether there were more than asked for."""

    def __init__(self, arrow_stream: bytes, *, truncated: bool) -> None:
        self._arrow_stream = arrow_stream
        self.truncated = truncated

    @cached_property
    def table(self) -> Any:
        """The rows as a pyarrow.Table."""
        import pyarrow as pa

        return pa.ipc.open_stream(self._arrow_stream).read_all()

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in order; they need not differ."""
        return [str(name) for name in self.table.column_names]

    def rows(self) -> list[tuple[Any, ...]]:
        """The rows as tuples of Python values; times are naive UTC."""
        columns = [[_plain(value) for value in c.to_pylist()] for c in self.table.columns]
        return list(zip(*columns, strict=True))

    def frame(self) -> "pd.DataFrame":
        """The rows as a DataFrame."""
        frame: pd.DataFrame = self.table.to_pandas()
        return frame

    def encode(self, format: Format) -> bytes:
        """The rows as a file: csv and json in UTF-8, times as ISO 8601 without zone (UTC)."""
        if format == "parquet":
            return self._parquet()
        text = self._csv() if format == "csv" else self._json()
        return text.encode()

    def _csv(self) -> str:
        """NULL is empty, true and false as in JSON, lists and structs are JSON."""
        file = io.StringIO()
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([_cell(value) for value in row] for row in self.rows())
        return file.getvalue()

    def _json(self) -> str:
        """One array with one object per row."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows()]
        body = ",\n".join(json.dumps(_json_value(row), ensure_ascii=False) for row in rows)
        return f"[{body}]\n"

    def _parquet(self) -> bytes:
        import pyarrow as pa
        import pyarrow.parquet as pq

        file = pa.BufferOutputStream()
        pq.write_table(self.table, file)
        return bytes(file.getvalue())


def _plain(value: Any) -> Any:
    # DuckDB sums integers to 128 bits, which Arrow can only carry as decimals.
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.replace(tzinfo=None)
    return value


def _cell(value: Any) -> Any:
    if isinstance(value, bool | list | dict):
        return json.dumps(_json_value(value), ensure_ascii=False)
    if value is None or isinstance(value, int | float | str):
        return value
    return _text(value)


def _json_value(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_json_value(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _json_value(each) for key, each in value.items()}
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and not isfinite(value):
        return None  # JSON has no infinity
    if value is None or isinstance(value, int | float | str):
        return value
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else str(value)
