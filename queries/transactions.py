"""One helper: a block that is written whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@contextmanager
def transaction(con: "DuckDBPyConnection") -> Iterator[None]:
    """Run a block in one transaction; the connection must not have one open.

    Hundreds of comments, each committed on its own, would be as many disk flushes.
    """
    con.begin()
    try:
        yield
    except BaseException:
        con.rollback()
        raise
    con.commit()
