"""The SQL page: answers, refuses writes, and a link reproduces it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import chertlog.dashboard
from chertlog.queries.saved_queries import saved_queries

from .conftest import HOSTILE, HOSTILE_TRACE, Published, Reader, Server

APP = Path(next(iter(chertlog.dashboard.__path__))) / "app.py"
Reading = Callable[[Server], Reader]


def _ask(data_dir: Path, monkeypatch: pytest.MonkeyPatch, sql: str = "", **query: str) -> Any:
    monkeypatch.setenv("CHERTLOG_DATA_DIR", str(data_dir))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    app.switch_page("screens/sql/page.py")
    for name, value in (({"sql": sql} if sql else {}) | query).items():
        app.query_params[name] = value
    app = app.run()
    assert not app.exception
    return app


def _said(app: Any) -> str:
    kinds = (app.text, app.code, app.caption, app.get("html"))
    return "\n".join(
        str(getattr(each, "value", "") or each.proto.body) for kind in kinds for each in kind
    )


def test_a_link_is_answered_with_what_sql_says(
    day: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = "select error_code, count(*) as n from responses where is_error group by all order by all"
    app = _ask(day.data_dir, monkeypatch, sql)
    frame = app.dataframe[0].value
    truth = [(row["error_code"], row["n"]) for row in day.rows(sql)]
    shown = frame.astype(object).where(frame.notna(), None)
    assert list(shown.itertuples(index=False, name=None)) == truth


@pytest.mark.parametrize(
    "sql",
    [
        "drop table store.response",
        "delete from store.response",
        "select 1; select 2",
        "copy responses to '/tmp/x'",
        "attach '/tmp/x' as x",
    ],
)
def test_writes_are_refused_with_a_sentence(
    day: Published, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    app = _ask(day.data_dir, monkeypatch, sql)
    said = _said(app)
    assert "Not run: this page only reads" in said
    assert "Nothing was changed" in said
    assert not app.dataframe


def test_files_are_out_of_reach(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    app = _ask(day.data_dir, monkeypatch, "select * from read_text('/etc/passwd')")
    assert not app.dataframe and "root:" not in _said(app)


def test_a_fault_is_quoted(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    said = _said(_ask(day.data_dir, monkeypatch, "select nope from responses"))
    assert "does not understand this" in said and '"nope" not found' in said


def test_no_rows_is_an_answer(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    app = _ask(day.data_dir, monkeypatch, "select * from responses where false")
    assert "no rows" in _said(app)


def test_odd_columns_are_shown(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = "select 1 as a, 2 as a, [1, 2] as l, {'k': 1} as s, 'x'::blob as b, 2::hugeint ** 70 as h"
    frame = _ask(day.data_dir, monkeypatch, sql).dataframe[0].value
    assert list(frame.columns) == ["a", "a (2)", "l", "s", "b", "h"]
    assert frame["l"][0] == "[1, 2]"


def test_every_view_is_described(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    app = _ask(day.data_dir, monkeypatch, view="retry_storms")
    said = _said(app)
    for row in day.rows(
        "select column_name as name from duckdb_columns() where table_name = 'retry_storms'"
    ):
        assert row["name"] in said
    app.button[-1].click().run()
    assert "from retry_storms" in app.text_area(key="sql").value
    assert app.dataframe


def test_saved_queries_are_on_offer(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    box = _ask(day.data_dir, monkeypatch).selectbox(key="example")
    assert {each.title for each in saved_queries().values()} <= set(box.options)
    box.select("Who got a code last?").run()


def test_an_installation_has_queries_of_its_own(
    changing: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = changing.data_dir / "queries"
    folder.mkdir()
    (folder / "ours.sql").write_text("-- How many are there?\nselect count(*) as n from responses")
    (folder / "untitled_one.sql").write_text("select 1 as one")
    (folder / "broken.sql").write_bytes(b"\xff\xfe")
    app = _ask(changing.data_dir, monkeypatch)
    box = app.selectbox(key="example")
    assert "How many are there?" in box.options and "untitled one" in box.options
    box.select("How many are there?").run()
    count = changing.rows("select count(*) as n from responses")[0]["n"]
    assert app.dataframe[0].value["n"].tolist() == [count]


def test_log_text_is_only_text(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = f"select error_message from responses where trace_id = '{HOSTILE_TRACE}'"
    app = _ask(day.data_dir, monkeypatch, sql)
    assert app.dataframe[0].value["error_message"][0] == HOSTILE
    assert not any("evil" in str(e.value) for e in [*app.markdown, *app.caption])


@pytest.mark.browser
def test_run_by_keyboard_share_by_link_take_as_csv(
    day: Published, server: Server, reading: Reading
) -> None:
    from playwright.sync_api import expect

    reader = reading(server).open("/sql")
    page = reader.page
    box = page.get_by_role("textbox", name="One SELECT")
    box.fill("select '=1+1' as formula, count(*) as n from responses")
    box.press("Control+Enter")
    answer = page.locator(".st-key-answer")
    expect(answer).to_contain_text("1 row")
    reader.settle()
    assert "sql=select" in page.url
    with page.expect_download() as download:
        answer.get_by_role("button", name="Download CSV").click()
    count = day.rows("select count(*) as n from responses")[0]["n"]
    assert Path(download.value.path()).read_text() == f"formula,n\n'=1+1,{count}\n"
    shared = reading(server).open(page.url.removeprefix(server.url))
    expect(shared.page.locator(".st-key-answer")).to_contain_text("1 row")
    box.fill("drop table responses")
    box.press("Control+Enter")
    expect(answer).to_contain_text("Not run: this page only reads")
