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
    from duckdb import DuckDBPyConnection, Statement, StatementType

_BARE_NAME = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*;?\s*")

# These show where files lie on the server.
_REFUSED_RELATIONS = {
    "duckdb_databases",
    "duckdb_logs",
    "duckdb_profiling_settings",
    "duckdb_settings",
    "pg_settings",
    "pragma_database_list",
}
# Settings, logs, and what runs a text that cannot be seen from here.
_REFUSED_FUNCTIONS = {
    "current_setting",
    "getvariable",
    "nextval",
    "setval",
    "sleep_ms",
    "write_log",
}
# Table functions reach files, settings, secrets and other databases: only these are known not to.
# The macros of the database itself are allowed as well.
_ALLOWED_TABLE_FUNCTIONS = {
    "duckdb_columns",
    "duckdb_constraints",
    "duckdb_functions",
    "duckdb_keywords",
    "duckdb_schemas",
    "duckdb_tables",
    "duckdb_types",
    "duckdb_views",
    "generate_series",
    "json_each",
    "json_tree",
    "pg_timezone_names",
    "pragma_database_size",
    "pragma_table_info",
    "pragma_version",
    "range",
    "repeat",
    "summary",
    "unnest",
}


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
    kind = _kind(statements[0])
    select = sql
    if kind == duckdb.StatementType.EXPLAIN:
        select = _explained(sql)
        try:
            kinds = [_kind(statement) for statement in _parsed(select)]
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


def _kind(statement: "Statement") -> "StatementType":
    try:
        return statement.type
    except ValueError:  # DuckDB's Python knows fewer kinds than DuckDB: update extensions, for one
        raise _refusal("this is no question") from None


def _explained(sql: str) -> str:
    """What follows the word EXPLAIN; after ANALYZE, which would run it, that does not parse."""
    import duckdb

    starts = [start for start, kind in duckdb.tokenize(sql) if kind != duckdb.token_type.comment]
    return sql[starts[0] + len("explain") :]


def _require_harmless(con: "DuckDBPyConnection", select: str) -> None:
    serialized = con.execute("select json_serialize_sql($1)", [select]).fetchall()[0][0]
    try:
        tree = json.loads(serialized)
    except RecursionError:
        raise _refusal("this is nested too deeply") from None
    if tree.get("error", True):
        raise BadQuery(str(tree.get("error_message", "this cannot be read")))
    for kind, name in _named(tree):
        lowered = name.lower()
        if (
            (kind == "relation" and lowered in _REFUSED_RELATIONS)
            or (kind == "function" and lowered in _REFUSED_FUNCTIONS)
            or (
                kind == "table function"
                and lowered not in _ALLOWED_TABLE_FUNCTIONS
                and not _is_own_macro(con, lowered)
            )
        ):
            raise _refusal(f"{name} looks outside the published database")


def _is_own_macro(con: "DuckDBPyConnection", name: str) -> bool:
    return bool(con.execute(_OWN_MACRO, [name]).fetchall())


_OWN_MACRO = """
    select 1 from duckdb_functions()
    where
        lower(function_name) = $1 and function_type = 'table_macro' and not internal
        and database_name = current_database()
"""


def _named(tree: Any) -> Iterator[tuple[str, str]]:
    """(relation | function | table function, name) for everything a parse tree names."""
    waiting = [(tree, "function")]
    while waiting:
        node, inside = waiting.pop()
        if isinstance(node, dict):
            if node.get("table_name"):
                yield "relation", str(node["table_name"])
            if node.get("function_name"):
                yield inside, str(node["function_name"])
            is_table_function = node.get("type") == "TABLE_FUNCTION"
            for key, value in node.items():
                outermost = is_table_function and key == "function"
                waiting.append((value, "table function" if outermost else "function"))
        elif isinstance(node, list):
            waiting += [(value, "function") for value in node]


def _refusal(what: str) -> BadQuery:
    return BadQuery(
        f"{what}: only one SELECT (or EXPLAIN of one) over the published database is run here",
        next="For anything else open the file itself, read-only, with a DuckDB client.",
    )
