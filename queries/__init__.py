"""The contract: schema, catalogue, views, checks and read-only access.

Owns everything that staff and tools rely on when they ask the database something. Does not load
logs (`chertlog.ingest`) and does not draw anything (`chertlog.dashboard`); imports neither.

The public door, for notebooks and scripts:

    from chertlog.queries import connect

    with connect("chertlog-data") as db:
        db.sql("select * from errors_by_code")      # pandas.DataFrame
        db.rows("select * from trace('a1b2c3d4e5f6')")   # list of dicts, without pandas

Importing this package loads neither DuckDB nor pandas: both arrive with the first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from chertlog.queries.errors import (
    BadQuery,
    ChertlogError,
    NoDatabase,
    QueryLimit,
    SchemaTooNew,
    SchemaTooOld,
)

if TYPE_CHECKING:
    from chertlog.queries.database import Connection, connect
    from chertlog.queries.sandbox import run_select

__all__ = [
    "BadQuery",
    "ChertlogError",
    "Connection",
    "NoDatabase",
    "QueryLimit",
    "SchemaTooNew",
    "SchemaTooOld",
    "connect",
    "run_select",
]

_HOME = {
    "Connection": "chertlog.queries.database",
    "connect": "chertlog.queries.database",
    "run_select": "chertlog.queries.sandbox",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
