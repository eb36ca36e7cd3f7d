"""Sums for tests that write responses by hand."""

from importlib import resources

import duckdb


def fill_sums(con: duckdb.DuckDBPyConnection) -> None:
    """Sum the responses there by minute and hour, with the transforms that the ingest runs."""
    transforms = resources.files("chertlog.queries") / "transforms"
    con.execute((transforms / "engine.sql").read_text("utf-8"))
    con.execute(
        """
        create or replace temp table touched_hour as
        select tenant_id, date_trunc('hour', occurred_at) as hour from store.response
        union
        select tenant_id, hour from store.response_hour
        """
    )
    lowest, highest = con.execute((transforms / "touched_span.sql").read_text("utf-8")).fetchall()[
        0
    ]
    if lowest is None:
        return
    con.execute("set variable touched_from_at = $1", [lowest])
    con.execute("set variable touched_to_at = $1", [highest])
    con.execute((transforms / "refresh_response_sums.sql").read_text("utf-8"))
