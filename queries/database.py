"""Read-only access to the published database: the public door for notebooks and scripts.

Owns how a reader connects (the resolved generation, read-only, UTC) and which databases it
refuses. Never writes. SQL that strangers type goes through `sandbox`, not through here.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any

from chertlog.queries.apply import SCHEMA_VERSION
from chertlog.queries.errors import BadQuery, QueryLimit, SchemaTooNew, SchemaTooOld
from chertlog.queries.published import no_database, published_database

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

Params = Sequence[object] | Mapping[str, object] | None
Tables = Mapping[str, "pa.Table"] | None


class Connection:
    """A read-only connection to one generation of the published database.

    It keeps seeing that generation after a new one is published; connect again to see the new
    one. Queries run on a cursor of their own, so threads may share a connection.
    """

    def __init__(self, con: "DuckDBPyConnection", path: Path) -> None:
        self._con = con
        self._kept: set[str] = set()
        self._keeping = Lock()
        self.path = path

    def sql(self, query: str, params: Params = None, tables: Tables = None) -> "pd.DataFrame":
        """The result of a query as a DataFrame; times are naive UTC.

        `params` fill `?` or `$1` (a sequence) or `$name` (a mapping). `tables` are Arrow tables
        that the query reads beside the database, by name. Raises BadQuery.
        """
        with self._cursor(tables) as cursor:
            return cursor.execute(query, params).df()

    def arrow(self, query: str, params: Params = None) -> "pa.Table":
        """The result of a query as an Arrow table, which `tables` takes. Otherwise as `sql`."""
        # DuckDB warns that rows are copied once more. Its other way plans the query twice.
        warnings.filterwarnings("ignore", "Arrow output on a DB-API result")
        with self._cursor() as cursor:
            return cursor.execute(query, params).to_arrow_table()

    def keep(self, name: str, query: str) -> None:
        """Ask a query once, and keep its result in memory as `kept.NAME`, for queries to read.

        However often and by however many threads it is asked: what has the name already, stays. It
        is gone when the connection is. Raises BadQuery.
        """
        if name in self._kept:
            return
        with self._keeping:
            if name not in self._kept:
                with self._cursor() as cursor:
                    cursor.execute("attach if not exists ':memory:' as kept (read_write)")
                    # Another connection of this process to the same file has the same tables.
                    cursor.execute(f'create table if not exists kept."{name}" as {query}')
                self._kept.add(name)

    def rows(self, query: str, params: Params = None) -> list[dict[str, Any]]:
        """The result of a query as one dict per row, without pandas; times are naive UTC.

        `params` as for `sql`. Raises BadQuery.
        """
        with self._cursor() as cursor:
            cursor.execute(query, params)
            names = [str(column[0]) for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def close(self) -> None:
        """Close the connection; the database file is left as it was."""
        self._con.close()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _cursor(self, tables: Tables = None) -> "Iterator[DuckDBPyConnection]":
        import duckdb

        cursor = self._con.cursor()
        try:
            # It would print into the output of slow queries.
            cursor.execute("set enable_progress_bar = false")
            for name, table in (tables or {}).items():
                cursor.register(name, table)
            yield cursor
        except duckdb.OutOfMemoryException as error:
            raise QueryLimit("the query needs more memory than there is", why=str(error)) from None
        except duckdb.Error as error:
            raise BadQuery(str(error)) from None
        finally:
            cursor.close()


def connect(location: str | Path | None = None) -> Connection:
    """Open the published database read-only.

    `location` is a data directory or a database file; without one, CHERTLOG_DATA_DIR, else
    ./chertlog-data. Raises NoDatabase, SchemaTooOld or SchemaTooNew.

        with connect("chertlog-data") as db:
            db.sql("select * from errors_by_code")
    """
    import duckdb

    path = published_database(location)
    try:
        con = duckdb.connect(str(path), read_only=True)
    except duckdb.IOException as error:
        # A publication may have removed the generation since the link was read.
        path = published_database(location)
        try:
            con = duckdb.connect(str(path), read_only=True)
        except duckdb.IOException:
            raise no_database(path, why=str(error)) from None
    try:
        con.execute("set global TimeZone = 'UTC'")
        require_schema(con, path)
    except BaseException:
        con.close()
        raise
    return Connection(con, path)


def require_schema(con: "DuckDBPyConnection", path: Path | str) -> None:
    """Refuse a database of another schema version, naming it: SchemaTooOld or SchemaTooNew."""
    import duckdb

    try:
        found = con.execute(
            "select max(m.value::integer) from store.meta as m where m.key = 'schema_version'"
        ).fetchone()
    except duckdb.CatalogException:
        found = None
    version = found[0] if found and found[0] is not None else 0
    why = f"It has schema version {version}; this chertlog reads {SCHEMA_VERSION}."
    if version > SCHEMA_VERSION:
        raise SchemaTooNew(
            "the database was written by a newer chertlog",
            where=str(path),
            why=why,
            next="Upgrade chertlog where you read it.",
        )
    if version < SCHEMA_VERSION:
        raise SchemaTooOld(
            "the database was not written by this version of chertlog",
            where=str(path),
            why=why,
            next="Load the logs into a new data directory: chertlog ingest PATH --data-dir DIR",
        )
