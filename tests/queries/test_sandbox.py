"""Typed SQL: one question is answered, everything else is refused, and nothing is touched."""

import hashlib
import io
import json
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from chertlog.queries import BadQuery, ChertlogError, NoDatabase, QueryLimit, run_select
from chertlog.queries.select_only import admit
from chertlog.queries.worker import lock


def test_a_select_a_name_and_explain_are_answered(data_dir: Path) -> None:
    result = run_select(data_dir, "select error_code from error_codes where retryable order by 1")
    assert result.columns == ["error_code"]
    assert result.rows() == [(1007,), (3001,), (3002,), (3004,), (4001,), (4002,)]
    assert not result.truncated
    assert len(run_select(data_dir, " error_codes; ").rows()) == 38
    plan = run_select(data_dir, "/* why */ explain select * from errors_by_code")
    assert plan.columns == ["explain_key", "explain_value"]


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "with a as (select 1) select * from a",
        "from errors_by_code select error_code",
        "values (1)",
        "describe responses",
        "summarize error_codes",
        "show tables",
        "explain select 1",
        "-- comment\nexplain /* more */ select 1",
        "responses",
        "select histogram(error_code) from error_codes",
        "pivot error_codes on error_class in ('auth') using count(*)",
    ],
)
def test_harmless_statements_are_admitted(sql: str) -> None:
    with duckdb.connect() as con:
        assert admit(con, sql) in (sql, 'from "responses"')


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "-- nothing",
        "selekt 1",
        "select 1; select 2",
        "select 1; drop table store.event",
        "insert into store.meta values ('a', 'b')",
        "delete from store.event",
        "create table x as select 1",
        "create temp view x as select 1",
        "copy (select 1) to 'x.csv'",
        "attach ':memory:' as x",
        "use memory",
        "set threads = 1",
        "reset all",
        "pragma database_list",
        "call duckdb_settings()",
        "install httpfs",
        "load httpfs",
        "force checkpoint",
        "export database 'x'",
        "prepare p as select 1",
        "explain analyze select 1",
        "explain (analyze) select 1",
        "explain /* x */ analyze copy (select 1) to 'x'",
        "explain copy (select 1) to 'x'",
        "from duckdb_databases()",
        'from system.main."DuckDB_Databases"',
        "duckdb_settings",
        "select (select min(file) from pragma_database_list)",
        "from query('from duckdb_databases()')",
        "from query_table('pragma_database_list')",
        "from histogram('pragma_database_list', file)",
        "select current_setting('temp_directory')",
        "from json_execute_serialized_sql('{}')",
    ],
)
def test_everything_else_is_refused(sql: str) -> None:
    with duckdb.connect() as con, pytest.raises(BadQuery) as caught:
        admit(con, sql)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('{database}')",
        "select * from '/etc/passwd'",
        "select * from glob('/*')",
        "with x as (insert into store.meta values ('a', 'b') returning 1) select * from x",
        "select nope from responses",
    ],
)
def test_what_parses_as_a_select_still_reaches_no_file_and_writes_nothing(
    data_dir: Path, sql: str
) -> None:
    database = data_dir / "generations" / "000001.duckdb"
    before = hashlib.sha256(database.read_bytes()).hexdigest()
    with pytest.raises(BadQuery) as caught:
        run_select(data_dir, sql.format(database=database))
    assert hashlib.sha256(database.read_bytes()).hexdigest() == before
    assert str(database.parent) not in str(caught.value)


def test_the_database_cannot_be_copied_over_even_past_the_first_fence(
    data_dir: Path,
) -> None:
    """Read-only alone lets COPY overwrite the open file; the worker's own settings do not."""
    database = data_dir / "generations" / "000001.duckdb"
    before = database.read_bytes()
    con = duckdb.connect(str(database), read_only=True)
    lock(con)
    with pytest.raises(duckdb.Error):
        con.execute(f"copy (select 1) to '{database}' (format csv, use_tmp_file false)")
    with pytest.raises(duckdb.Error):
        con.execute("reset disabled_filesystems")
    con.close()
    assert database.read_bytes() == before


def test_no_answer_shows_a_path_of_the_server(data_dir: Path) -> None:
    for sql in ("from duckdb_views()", "from pragma_database_size()", "show databases"):
        answer = str(run_select(data_dir, sql).rows())
        assert str(data_dir) not in answer
        assert str(data_dir.resolve()) not in answer


def test_a_query_is_stopped_when_its_time_is_over(data_dir: Path) -> None:
    with pytest.raises(QueryLimit, match=r"stopped after 1\.5 s") as caught:
        run_select(data_dir, "select count(*) from range(1000000000000)", timeout_s=1.5)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    "sql",
    ["select repeat('x', 4000000000)", "select list(range) from range(1000000000)"],
)
def test_a_query_is_ended_when_it_wants_too_much_memory(data_dir: Path, sql: str) -> None:
    with pytest.raises(QueryLimit, match="memory"):
        run_select(data_dir, sql)


def test_rows_beyond_the_limit_are_cut_and_said_so(data_dir: Path) -> None:
    cut = run_select(data_dir, "from range(50000)", max_rows=30_000)
    exact = run_select(data_dir, "from range(30000)", max_rows=30_000)
    assert (len(cut.rows()), cut.truncated) == (30_000, True)
    assert (len(exact.rows()), exact.truncated) == (30_000, False)


def test_without_a_database(tmp_path: Path) -> None:
    with pytest.raises(NoDatabase):
        run_select(tmp_path, "select 1")


def test_the_workers_own_failure_is_not_blamed_on_the_query(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.path", [])
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(ChertlogError, match="process failed") as caught:
        run_select(data_dir, "select 1")
    assert caught.value.exit_code == 3


def test_results_as_csv_json_and_parquet(data_dir: Path) -> None:
    result = run_select(
        data_dir,
        "select 'a,b' as s, null as n, true as b, [1, null] as l, {'k': date '2026-01-02'} as d, "
        "timestamp '2026-11-21 10:00:00.5' as t, sum(range) as i, 1.5::decimal(4, 2) as f, "
        "'inf'::double as inf from range(4)",
    )
    assert result.encode("csv").decode() == (
        "s,n,b,l,d,t,i,f,inf\n"
        '"a,b",,true,"[1, null]","{""k"": ""2026-01-02""}",2026-11-21T10:00:00.500000,6,1.50,inf\n'
    )
    assert json.loads(result.encode("json")) == [
        {
            "s": "a,b",
            "n": None,
            "b": True,
            "l": [1, None],
            "d": {"k": "2026-01-02"},
            "t": "2026-11-21T10:00:00.500000",
            "i": 6,
            "f": 1.5,
            "inf": None,
        }
    ]
    table = pq.read_table(io.BytesIO(result.encode("parquet")))
    assert table.column("s").to_pylist() == ["a,b"]
    assert list(result.frame()["s"]) == ["a,b"]
