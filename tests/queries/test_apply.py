"""Headers become comments, and what contradicts itself is refused by name."""

from pathlib import Path

import duckdb
import pytest

from chertlog.queries import apply
from chertlog.queries.apply import SCHEMA_VERSION, apply_views, create_schema, creation_order
from chertlog.queries.checking import run_checks
from chertlog.queries.errors import BadDefinition
from chertlog.queries.sql_files import SqlFile, parse, read_folder

CONTRACT = {
    "responses",
    "events",
    "errors_by_code",
    "errors_by_retryability",
    "errors_by_surface",
    "error_groups",
    "error_rate_hourly",
    "error_rate_by_minute",
    "operations",
    "unanswered_requests",
    "edge_only_responses",
    "early_retries",
    "retries_of_final_errors",
    "retryable_overrides",
    "error_codes",
    "api_surfaces",
    "sources",
    "rejected_lines",
    "ingest_runs",
    "freshness",
    "parameters",
}


def test_a_header_is_split_into_comment_tags_and_columns() -> None:
    file = parse(
        "views",
        "x",
        "-- What it is,\n-- in two lines.\n-- Grain: one row per a.\n--\n-- Only for readers.\n--\n"
        "-- a: first\n--   and more\n-- b: second\n"
        "with c as (\n    select 1 -- not: header\n)\n;\n",
    )
    assert file.comment == "Grain: one row per a. What it is, in two lines."
    assert file.columns == {"a": "first and more", "b": "second"}
    assert file.body.strip() == "with c as (\n    select 1 -- not: header\n)"


def test_a_macro_without_parameters_has_an_empty_tag_and_a_clean_comment() -> None:
    file = parse("macros", "x", "-- What it is.\n-- Parameters:\n1 + 1\n")
    assert (file.comment, file.tags) == ("What it is.", {"Parameters": ""})


@pytest.mark.parametrize(
    "source", ["select 1", "-- Only words.\n", "-- X.\n-- a: 1\n-- a: 2\nselect 1"]
)
def test_a_file_without_description_or_body_or_with_a_column_twice_is_refused(source: str) -> None:
    with pytest.raises(BadDefinition) as caught:
        parse("views", "broken", source)
    assert caught.value.where == "queries/views/broken.sql"


def test_every_relation_of_the_contract_is_there(empty: duckdb.DuckDBPyConnection) -> None:
    names = empty.execute("select view_name from duckdb_views() where not internal").fetchall()
    assert CONTRACT - {name for (name,) in names} == set()


def test_every_view_is_one_bare_select_that_runs_on_an_empty_database(
    empty: duckdb.DuckDBPyConnection,
) -> None:
    for view in read_folder("views"):
        kinds = [statement.type for statement in duckdb.extract_statements(view.body)]
        assert kinds == [duckdb.StatementType.SELECT], view.where
        empty.execute(f"from {view.name}").fetchall()
    assert empty.execute("from trace('none')").fetchall() == []
    assert run_checks(empty) == []


def test_comments_are_in_the_file_for_any_client(template: Path) -> None:
    with duckdb.connect(str(template), read_only=True) as reader:
        relations = reader.execute(
            "select view_name, comment from duckdb_views() where not internal union all "
            "select table_name, comment from duckdb_tables() union all "
            "select function_name, 'Grain: ' || comment from duckdb_functions() where not internal"
        ).fetchall()
        columns = reader.execute(
            "select table_name, column_name from duckdb_columns() "
            "where not internal and coalesce(comment, '') = ''"
        ).fetchall()
        trace = reader.execute(
            "select comment from duckdb_functions() where function_name = 'trace'"
        ).fetchall()
    assert [name for name, comment in relations if not (comment or "").startswith("Grain: ")] == []
    assert columns == []
    assert trace[0][0].startswith("Every event of one trace in time order")
    assert len(relations) > 30


def test_views_and_macros_work_from_a_database_attached_under_another_name(template: Path) -> None:
    with duckdb.connect() as host:
        host.execute(f"attach '{template}' as other (read_only)")
        for view in read_folder("views"):
            host.execute(f"from other.{view.name}").fetchall()
        host.execute("use other")
        assert host.execute("from trace('x')").fetchall() == []


def test_applying_twice_keeps_comments_data_and_version(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("insert into store.meta values ('key_id', 'k')")
    create_schema(con)
    apply_views(con)
    query = "select key, value from store.meta where key not like '%_sha256' order by key"
    assert con.execute(query).fetchall() == [
        ("key_id", "k"),
        ("schema_version", str(SCHEMA_VERSION)),
    ]
    comment = con.execute(
        "select comment from duckdb_columns() where table_name = 'responses' "
        "and column_name = 'trace_id'"
    ).fetchall()
    assert comment[0][0].startswith("correlation id a customer quotes")


def test_views_are_applied_again_once_a_definition_changed(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    con.execute("create or replace view main.freshness as select 1 as other")
    con.execute("create view main.of_an_earlier_version as select 1 as x")
    apply_views(con)
    assert con.execute("from freshness").fetchall() == [(1,)], "nothing new, nothing done"
    views = read_folder("views")
    views[0].text += " Reworded."

    def changed(folder: str) -> list[SqlFile]:
        return views if folder == "views" else read_folder(folder)

    monkeypatch.setattr(apply, "read_folder", changed)
    apply_views(con)
    names = {name for (name,) in con.execute("select view_name from duckdb_views()").fetchall()}
    assert "of_an_earlier_version" not in names
    assert con.execute("from freshness").fetchall() != [(1,)]


def test_views_are_created_after_what_they_mention(empty: duckdb.DuckDBPyConnection) -> None:
    bodies = {
        "a": "select * from b join c using (x)",
        "b": "with a as (select 1 as x) select * from c where x in (from d('id'))",
        "c": "select f(1) as x from store.b",
        "d": "select 1",
        "f": "g + 1",
    }
    files = {name: SqlFile(name=name, folder="views", body=b) for name, b in bodies.items()}
    files["b"].body = files["b"].body.replace("with a as (select 1 as x) ", "")
    order = creation_order(empty, files)
    assert sorted(order) == sorted(bodies)
    assert order.index("f") < order.index("c") < order.index("b") < order.index("a")
    assert order.index("d") < order.index("b")


def test_a_circle_is_named(empty: duckdb.DuckDBPyConnection) -> None:
    files = {
        "a": SqlFile(name="a", folder="views", body="select * from b"),
        "b": SqlFile(name="b", folder="views", body="select * from a"),
    }
    with pytest.raises(BadDefinition, match="circle") as caught:
        creation_order(empty, files)
    assert "a -> b" in caught.value.why or "b -> a" in caught.value.why


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"a": "x"}, "not documented: b"),
        ({"a": "x", "b": "y", "c": "z"}, "no such column: c"),
    ],
)
def test_a_view_whose_header_differs_from_its_columns_is_refused_and_nothing_is_changed(
    con: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
    columns: dict[str, str],
    why: str,
) -> None:
    file = SqlFile(
        name="responses",
        folder="views",
        body="select 1 as a, 2 as b",
        text="X.",
        tags={"Grain": "one row."},
        columns=columns,
    )
    monkeypatch.setattr(apply, "read_folder", lambda folder: [file] if folder == "views" else [])
    with pytest.raises(BadDefinition) as caught:
        apply_views(con)
    assert why in caught.value.why
    assert "queries/views/responses.sql" in str(caught.value)
    assert con.execute("select response_id from responses").fetchall() == []
