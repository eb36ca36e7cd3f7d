"""The public door: what it opens, what it refuses, and what it does not load."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from chertlog.queries import (
    BadQuery,
    NoDatabase,
    SchemaTooNew,
    SchemaTooOld,
    connect,
)


def test_sql_gives_a_frame_and_rows_give_dicts(data_dir: Path) -> None:
    with connect(data_dir) as db:
        frame = db.sql("select * from error_codes where error_code = ?", [4002])
        assert list(frame["error_type"]) == ["LINES_SATURATED"]
        assert db.rows(
            "select error_code, retryable, timestamp '2026-11-21 10:00' as at_hour "
            "from error_codes where error_class = $class",
            {"class": "capacity"},
        ) == [
            {"error_code": 1007, "retryable": True, "at_hour": datetime(2026, 11, 21, 10)},
            {"error_code": 4002, "retryable": True, "at_hour": datetime(2026, 11, 21, 10)},
        ]


def test_a_reader_works_in_utc_and_cannot_write(data_dir: Path) -> None:
    with connect(data_dir) as db:
        zone = db.rows("select current_setting('TimeZone') as zone")
        assert zone == [{"zone": "UTC"}]
        with pytest.raises(BadQuery, match="read-only"):
            db.rows("delete from store.error_code")


def test_what_is_kept_is_asked_once_and_read_beside_the_database(data_dir: Path) -> None:
    with connect(data_dir) as db:
        query = "select class, nextval from (select 'a' as class, random() as nextval)"
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: db.keep("drawn", query), range(8)))
        first = db.rows("select nextval from kept.drawn")
        db.keep("drawn", query)
        assert db.rows("select nextval from kept.drawn") == first
        assert db.rows("select count(*) as codes from error_codes, kept.drawn") == [{"codes": 38}]
        with pytest.raises(BadQuery):
            db.keep("wrong", "select nothing from nowhere")
        taken = db.arrow("select ? as code", [4002])
        assert list(db.sql("select code from taken", tables={"taken": taken})["code"]) == [4002]
        with connect(data_dir) as second:  # as when somebody clears the dashboard's caches
            second.keep("drawn", query)
            assert second.rows("select nextval from kept.drawn") == first


def test_the_generation_behind_the_link_is_opened_and_kept(data_dir: Path, template: Path) -> None:
    old = connect(data_dir)
    assert old.path == data_dir.resolve() / "generations" / "000001.duckdb"
    second = data_dir / "generations" / "000002.duckdb"
    second.write_bytes(template.read_bytes())
    with duckdb.connect(str(second)) as con:
        con.execute("delete from store.error_code")
    new_link = data_dir / "next"
    new_link.symlink_to("generations/000002.duckdb")
    new_link.replace(data_dir / "chertlog.duckdb")
    count = "select count(*) as codes from error_codes"
    with connect(data_dir) as new:
        assert (old.rows(count), new.rows(count)) == ([{"codes": 38}], [{"codes": 0}])
    old.close()


def test_a_file_or_the_environment_can_name_the_database(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHERTLOG_DATA_DIR", str(data_dir))
    with connect() as by_environment, connect(data_dir / "chertlog.duckdb") as by_file:
        assert by_environment.path == by_file.path


def test_without_a_database_the_error_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NoDatabase) as caught:
        connect(tmp_path)
    assert caught.value.exit_code == 3
    assert str(caught.value) == (
        f"{tmp_path / 'chertlog.duckdb'}: no database yet\nTo load logs, run: chertlog ingest PATH"
    )


def test_a_link_to_a_generation_that_is_gone_is_no_database(data_dir: Path) -> None:
    (data_dir / "generations" / "000001.duckdb").unlink()
    with pytest.raises(NoDatabase):
        connect(data_dir)


def test_a_file_that_is_no_database_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "chertlog.duckdb").write_text("not a database, only some words " * 200)
    with pytest.raises(NoDatabase) as caught:
        connect(tmp_path)
    assert "not a valid DuckDB database" in str(caught.value)


@pytest.mark.parametrize(("version", "error"), [("99", SchemaTooNew), ("0", SchemaTooOld)])
def test_another_schema_version_is_refused_by_name(
    data_dir: Path, version: str, error: type[Exception]
) -> None:
    with duckdb.connect(str(data_dir / "generations" / "000001.duckdb")) as con:
        con.execute("update store.meta set value = $1 where key = 'schema_version'", [version])
    with pytest.raises(error, match="chertlog") as caught:
        connect(data_dir)
    assert f"schema version {version};" in str(caught.value)


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "chertlog.duckdb")).close()
    with pytest.raises(SchemaTooOld):
        connect(tmp_path)


def test_wrong_sql_is_a_bad_query(data_dir: Path) -> None:
    with connect(data_dir) as db:
        with pytest.raises(BadQuery, match="nope") as caught:
            db.sql("select nope from errors_by_code")
        assert caught.value.exit_code == 2
        with pytest.raises(BadQuery, match="Conversion"):
            db.rows("select meaning::integer from error_codes")


def test_this_duckdb_adds_up() -> None:
    """2.0.0 wraps this sum around (-48): the reason why 2.0.1 is the oldest that will do."""
    with duckdb.connect() as con:
        con.execute("create table runs as select 1 as run_no")
        con.execute(
            "create table numbers as select 'f' as f, 30::bigint as n, range as a from range(24)"
        )
        total = """
            select f, sum(n)::bigint from numbers
            where a < 100 or n = (select max(run_no) from runs) group by all order by f
        """
        assert con.execute(total).fetchall() == [("f", 720)]


def test_a_time_with_a_zone_says_that_it_is_utc(data_dir: Path) -> None:
    with connect(data_dir) as db:
        (row,) = db.rows("select timestamptz '2026-11-21 10:00:00+02' as at")
    assert row["at"].utcoffset() == timedelta(0)
    assert row["at"].hour == 8


def test_importing_loads_neither_duckdb_nor_pandas() -> None:
    code = (
        "import sys, chertlog.queries; "
        "print(sorted({'duckdb', 'pandas', 'pyarrow', 'streamlit'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_rows_load_no_pandas(data_dir: Path) -> None:
    code = (
        "import sys; from chertlog.queries import connect; "
        f"print(len(connect({str(data_dir)!r}).rows('from error_codes')), 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["38", "False"], done.stderr
