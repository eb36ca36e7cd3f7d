"""Remembers which definitions a database has, so that what is there already is not applied again.

Owns the digests in `store.meta`; their keys end with `_sha256`.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def is_applied(con: "DuckDBPyConnection", key: str, definitions: Iterable[object]) -> bool:
    """Whether exactly these are in the database."""
    row = con.execute("select value from store.meta where key = $1", [key]).fetchone()
    return row == (_digest(definitions),)


def note_applied(con: "DuckDBPyConnection", key: str, definitions: Iterable[object]) -> None:
    """Remember that these are in the database now."""
    con.execute("delete from store.meta where key = $1", [key])
    con.execute("insert into store.meta values ($1, $2)", [key, _digest(definitions)])


def _digest(definitions: Iterable[object]) -> str:
    return sha256(repr(list(definitions)).encode()).hexdigest()
