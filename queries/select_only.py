"""Decides whether a text is one harmless question: exactly one SELECT, or EXPLAIN of one.

Owns what `chertlog sql` and the SQL console accept. It is the first of two fences: whatever
passes here still runs in the worker, without files, settings or writes (see `worker`).
"""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from chertlog.queries.errors import BadQuery

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, Statement

_BARE_NAME = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*;?\s*")

# These show where files lie on the server, or run a text that cannot be seen from here.
_REFUSED_RELATIONS = {
    "duckdb_databases",
    "duckdb_profiling_settings",
    "duckdb_settings",
    "pg_settings",
    "pragma_database_list",
}
_REFUSED_FUNCTIONS = _REFUSED_RELATIONS | {
    "current_setting",
    "duckdb_external_file_cache",
    "duckdb_logs",
    "duckdb_secrets",
    "duckdb_temporary_files",
    "json_execute_serialized_sql",
    "query",
    "query_table",
}
# Aggregates under the same names are harmless; as table functions they run query_table.
_REFUSED_TABLE_FUNCTIONS = {"histogram", "histogram_values"}


def admit(con: "DuckDBPyConnection", sql: str) -> str:
    """The text to run for `sql`: itself, or `from NAME` where it is only a relation's name.

    Raises BadQuery if it is not exactly one SELECT or EXPLAIN, or not SQL at all.
    """
    import duckdb

    if bare := _BARE_NAME.fullmatch(sql):
        sql = f'from "{bare[1]}"'
    statements = _parsed(sql)
    if len(statements) != 1:
        raise _refusal(f"this holds {len(statements)} statements")
    kind = statements[0].type
    select = sql
    if kind == duckdb.StatementType.EXPLAIN:
        select = _explained(sql)
        try:
            kinds = [statement.type for statement in _parsed(select)]
        except BadQuery:
            raise _refusal("this is EXPLAIN with options, which may run what it explains") from None
    else:
        kinds = [kind]
    if kinds != [duckdb.StatementType.SELECT]:
        raise _refusal(f"this is {kind.name}")
    _require_harmless(con, select)
    return sql


def _parsed(sql: str) -> "list[Statement]":
    import duckdb

    try:
        return duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise BadQuery(str(error)) from None


def _explained(sql: str) -> str:
    """What follows the word EXPLAIN; after ANALYZE, which would run it, that does not parse."""
    import duckdb

    starts = [start for start, kind in duckdb.tokenize(sql) if kind != duckdb.token_type.comment]
    return sql[starts[0] + len("explain") :]


def _require_harmless(con: "DuckDBPyConnection", select: str) -> None:
    row = con.execute("select json_serialize_sql($1)", [select]).fetchone()
    tree = json.loads(row[0]) if row else {}
    if tree.get("error", True):
        raise BadQuery(str(tree.get("error_message", "this cannot be read")))
    for kind, name in _named(tree):
        lowered = name.lower()
        if (
            (kind == "relation" and lowered in _REFUSED_RELATIONS)
            or (kind != "relation" and lowered in _REFUSED_FUNCTIONS)
            or (kind == "table function" and lowered in _REFUSED_TABLE_FUNCTIONS)
        ):
            raise _refusal(f"{name} looks outside the published database")


def _named(tree: Any, inside: str = "function") -> Iterator[tuple[str, str]]:
    """(relation | function | table function, name) for everything a parse tree names."""
    if isinstance(tree, dict):
        if tree.get("table_name"):
            yield "relation", str(tree["table_name"])
        if tree.get("function_name"):
            yield inside, str(tree["function_name"])
        is_table_function = tree.get("type") == "TABLE_FUNCTION"
        for key, value in tree.items():
            outermost = is_table_function and key == "function"
            yield from _named(value, "table function" if outermost else "function")
    elif isinstance(tree, list):
        for value in tree:
            yield from _named(value)


def _refusal(what: str) -> BadQuery:
    return BadQuery(
        f"{what}: only one SELECT (or EXPLAIN of one) over the published database is run here",
        next="For anything else open the file itself, read-only, with a DuckDB client.",
    )
