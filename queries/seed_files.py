"""Loads the packaged seeds: the error catalogue, the API surfaces, and the parameters.

A seed is a CSV file that people edit and a .sql file of the same name that inserts one of its
rows; the CSV's headings are the statement's parameters. Owns nothing but the three seed tables.
"""

import csv
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING

from chertlog.queries.applied import is_applied, note_applied
from chertlog.queries.errors import ChertlogError
from chertlog.queries.sql_files import read_folder
from chertlog.queries.transactions import transaction

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TABLES = {
    "api_surfaces": "store.api_surface",
    "error_codes": "store.error_code",
    "parameters": "store.parameter",
}


def load_seeds(con: "DuckDBPyConnection", parameters: Mapping[str, float] | None = None) -> None:
    """Replace the contents of the three seed tables with the packaged ones.

    `parameters` overrides values by name (chertlog.toml); the shipped value stays beside it as
    `default_value`. Raises ChertlogError for a parameter that does not exist.
    """
    overrides = dict(parameters or {})
    statements = {f.name: f.body for f in read_folder("seeds")}
    rows = {name: read_seed(name) for name in _TABLES}
    known = {row["parameter"] for row in rows["parameters"]}
    for name in overrides:
        if name not in known:
            raise ChertlogError(
                f"there is no parameter {name}",
                next=f"Known parameters: {', '.join(sorted(known))}.",
            )
    for row in rows["parameters"]:
        row["value"] = str(overrides.get(row["parameter"], row["default_value"]))
    with transaction(con):
        if is_applied(con, "seeds_sha256", (statements, rows)):
            return  # row by row they would be a twentieth of a small load
        for name, table in _TABLES.items():
            con.execute(f"delete from {table}")
            con.executemany(statements[name], rows[name])
        note_applied(con, "seeds_sha256", (statements, rows))


def read_seed(name: str) -> list[dict[str, str]]:
    """The rows of one packaged CSV, as text, by heading."""
    text = (files("chertlog.queries") / "seeds" / f"{name}.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))
