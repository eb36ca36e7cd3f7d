"""The SQL that keeps the books, one statement a file in `statements/`.

Owns nothing but finding them. What computes numbers is in `chertlog.queries`.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb


def run(
    con: duckdb.DuckDBPyConnection, name: str, /, **parameters: object
) -> duckdb.DuckDBPyConnection:
    """Execute the statement `name` with its parameters bound."""
    return con.execute(text(name), parameters)


def value(con: duckdb.DuckDBPyConnection, name: str, /, **parameters: object) -> Any:
    """The first value of the first row, or None."""
    row = run(con, name, **parameters).fetchone()
    return row[0] if row else None


@cache
def text(name: str) -> str:
    """The statement `name` as it stands in its file."""
    folder = resources.files("chertlog.ingest").joinpath("statements")
    return folder.joinpath(f"{name}.sql").read_text("utf-8")
