"""The faults of DuckDB that chertlog works around: still there, and avoided at every door."""

import duckdb
import pytest

from chertlog.queries.duckdb_faults import DISABLE_WRONG_OPTIMIZER

ROWS = """
create temp table numbers as select 'f' as f, 30::bigint as n, range as a from range(24);
create temp table runs as select 1 as run_no;
"""
SUM = """
select f, sum(n)::bigint from numbers
where a < 100 or n = (select max(run_no) from runs) group by all order by f
"""


def test_the_sum_is_still_wrong_without_the_setting() -> None:
    """Fails when DuckDB is mended: then the setting can go."""
    con = duckdb.connect()
    con.execute(ROWS)
    assert con.execute(SUM).fetchall() != [("f", 720)]


def test_the_sum_is_right_with_the_setting() -> None:
    con = duckdb.connect()
    con.execute(DISABLE_WRONG_OPTIMIZER)
    con.execute(ROWS)
    assert con.execute(SUM).fetchall() == [("f", 720)]


@pytest.mark.parametrize("module", ["ingest/work.py", "queries/database.py", "queries/worker.py"])
def test_every_door_sets_it(module: str, pytestconfig: pytest.Config) -> None:
    assert "DISABLE_WRONG_OPTIMIZER" in (pytestconfig.rootpath / module).read_text("utf-8")
