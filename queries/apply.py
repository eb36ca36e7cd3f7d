"""Puts the contract into a database: schema, seeds, views, macros, and their comments.

Owns the order in which views are created (found from the SQL itself, so there is no manifest to
forget and no number in a file name) and the rule that a view documents exactly its columns. What
is there already is not applied again. Does not open databases and does not decide when to publish.
Each function is one transaction of its own.
"""

import json
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from chertlog.queries.applied import is_applied, note_applied
from chertlog.queries.errors import BadDefinition
from chertlog.queries.seed_files import load_seeds
from chertlog.queries.sql_files import SqlFile, read_folder
from chertlog.queries.transactions import transaction

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "SCHEMA_VERSION",
    "apply_views",
    "create_schema",
    "creation_order",
    "load_seeds",
    "named",
]

# Raised by one whenever a table of schema `store` changes; there is no migration machinery:
# a database of another version is refused by name, and rebuilt from the logs.
SCHEMA_VERSION = 5


def create_schema(con: "DuckDBPyConnection") -> None:
    """Create schema `store` with its documented tables in the current database.

    Tables that exist are left as they are; `store.meta` gets `schema_version` if it has none.
    """
    tables = read_folder("schema")
    with transaction(con):
        con.execute("create schema if not exists store")
        existing = {name for (name,) in con.execute(_STORE_TABLES).fetchall()}
        if "meta" in existing and is_applied(con, "schema_sha256", tables):
            return
        for table in tables:
            if table.name not in existing:
                con.execute(table.body)
            actual = _columns(con, "store", table.name)
            _require_documented(table, actual)
            _comment(con, table, "table", f"store.{_quoted(table.name)}")
        con.execute(_SET_SCHEMA_VERSION, [str(SCHEMA_VERSION)])
        note_applied(con, "schema_sha256", tables)


def apply_views(con: "DuckDBPyConnection") -> None:
    """Create or replace every view and macro in schema `main`, with comments on all of them.

    Raises BadDefinition if a header lacks a column or has a surplus one, or if definitions
    depend on each other in a circle.
    """
    definitions = {f.name: f for folder in ("macros", "views") for f in read_folder(folder)}
    with transaction(con):
        if is_applied(con, "views_sha256", definitions.values()):
            return
        for (name,) in con.execute(_VIEWS).fetchall():
            if name not in definitions:  # of an earlier version
                con.execute(f"drop view main.{_quoted(name)}")
        # `create or replace view` drops comments, so each is commented right after its creation.
        for name in creation_order(con, definitions):
            if definitions[name].folder == "macros":
                _create_macro(con, definitions[name])
            else:
                _create_view(con, definitions[name])
        note_applied(con, "views_sha256", definitions.values())


def creation_order(con: "DuckDBPyConnection", definitions: dict[str, SqlFile]) -> list[str]:
    """Names of the definitions, each after those that it mentions."""
    others = {name: definitions.keys() - {name} for name in sorted(definitions)}
    graph = {name: _mentions(con, definitions[name]) & others[name] for name in others}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise BadDefinition("views depend on each other in a circle", why=circle) from None


def _create_view(con: "DuckDBPyConnection", view: SqlFile) -> None:
    con.execute(f"create or replace view main.{_quoted(view.name)} as {view.body}")
    if "Grain" not in view.tags:
        raise BadDefinition("the header has no line `Grain: one row per …`", where=view.where)
    _require_documented(view, _columns(con, "main", view.name))
    _comment(con, view, "view", f"main.{_quoted(view.name)}")


def _create_macro(con: "DuckDBPyConnection", macro: SqlFile) -> None:
    kind = "macro table" if _is_select(macro) else "macro"
    table = "table " if _is_select(macro) else ""
    signature = f"main.{_quoted(macro.name)}({macro.tags.get('Parameters', '')})"
    con.execute(f"create or replace macro {signature} as {table}{macro.body}")
    _comment(con, macro, kind, f"main.{_quoted(macro.name)}")


def _is_select(sql_file: SqlFile) -> bool:
    """A table macro's body is a select; a scalar macro's body is one expression."""
    return sql_file.body.lower().startswith(("select", "with", "from"))


def _mentions(con: "DuckDBPyConnection", sql_file: SqlFile) -> set[str]:
    body = sql_file.body if _is_select(sql_file) else f"select {sql_file.body}"
    row = con.execute("select json_serialize_sql($1)", [body]).fetchone()
    tree = json.loads(row[0]) if row else {}
    if tree.get("error", True):
        raise BadDefinition(str(tree.get("error_message", "not a select")), where=sql_file.where)
    return {name for schema, name in named(tree) if schema in ("", "main")}


def named(tree: Any) -> Iterator[tuple[str, str]]:
    """(schema, name) of every relation and function in a tree from `json_serialize_sql`."""
    if isinstance(tree, dict):
        for key, schema in (("table_name", "schema_name"), ("function_name", "schema")):
            if tree.get(key):
                yield str(tree.get(schema) or ""), str(tree[key])
        for value in tree.values():
            yield from named(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from named(value)


def _require_documented(sql_file: SqlFile, actual: list[str]) -> None:
    missing = [name for name in actual if name not in sql_file.columns]
    surplus = [name for name in sql_file.columns if name not in actual]
    if missing or surplus:
        why = "; ".join(
            f"{label}: {', '.join(names)}"
            for label, names in (("not documented", missing), ("no such column", surplus))
            if names
        )
        raise BadDefinition(
            "the header does not describe the columns",
            where=sql_file.where,
            why=why,
            next="Write one line `-- column: what it holds` per column.",
        )


def _columns(con: "DuckDBPyConnection", schema: str, relation: str) -> list[str]:
    return [name for (name,) in con.execute(_COLUMNS, [schema, relation]).fetchall()]


def _comment(con: "DuckDBPyConnection", sql_file: SqlFile, kind: str, target: str) -> None:
    # `comment on … is` takes no parameter, hence the quoted literal.
    con.execute(f"comment on {kind} {target} is {_literal(sql_file.comment)}")
    for column, text in sql_file.columns.items():
        con.execute(f"comment on column {target}.{_quoted(column)} is {_literal(text)}")


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_STORE_TABLES = """
    select table_name from duckdb_tables()
    where database_name = current_database() and schema_name = 'store'
"""
_VIEWS = """
    select view_name from duckdb_views()
    where database_name = current_database() and schema_name = 'main' and not internal
"""
_COLUMNS = """
    select column_name from duckdb_columns()
    where database_name = current_database() and schema_name = $1 and table_name = $2
    order by column_index
"""
_SET_SCHEMA_VERSION = """
    insert into store.meta
    select 'schema_version', $1
    where not exists (select 1 from store.meta where key = 'schema_version')
"""
