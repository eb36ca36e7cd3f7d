"""The Health page: every line is accounted for, and what was rejected is shown, inertly."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chertlog.dashboard.screens.health import health_words
from chertlog.queries.sql_files import read_folder

from .conftest import FORMULA, HOSTILE, Published, Reader, Server, unfolded
from .test_pages import _figures as figures
from .test_pages import _open as open_app
from .test_pages import _said as said

ROOT = Path(__file__).parents[2]
PAGE = "screens/health/page.py"
REJECT = """
    insert into store.rejected_line by name
    select s.source_no, 7 as line_number, 70 as byte_offset, $1 as reason, $2 as excerpt
    from store.source as s order by s.source_no limit 1
"""


def _page(data_dir: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> Any:
    app = open_app(data_dir, monkeypatch).switch_page(PAGE)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


@pytest.fixture
def rejected(changing: Published) -> Published:
    """The day with two rejected lines, both hostile."""
    changing.publish(REJECT, "json", HOSTILE)
    changing.publish(REJECT, "time", FORMULA)
    changing.publish("update store.source set lines = lines + 2, rejected = 2 where source_no = 1")
    return changing


def test_the_balance_equals_sql(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = figures(_page(day.data_dir, monkeypatch))
    truth = day.rows("select * from freshness")[0]
    labels = ["Lines read", "= Events", "+ Rejected", "+ Blank", "+ Duplicates"]
    names = ["lines", "events", "rejected", "blank", "duplicates"]
    assert [shown[label] for label in labels] == [f"{truth[name]:,}" for name in names]


def test_how_far_the_logs_reach_equals_sql(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    app = _page(day.data_dir, monkeypatch)
    shown = next(f.value for f in unfolded(app).dataframe if f.value.columns[0] == "format")
    reach = {
        str(row["format"]).split(":")[0]: row["last_event_at"] for row in shown.to_dict("records")
    }
    truth = day.rows("select * from freshness")[0]
    assert reach == {
        "app": truth["newest_app_at"],
        "nginx": truth["newest_edge_at"],
        "otlp": truth["newest_otlp_at"],
    }


def test_sources_and_runs_are_all_there(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    app = _page(day.data_dir, monkeypatch)
    firsts = {f.value.columns[0]: f.value for f in unfolded(app).dataframe}
    assert len(firsts["status"]) == day.rows("select count(*) as n from sources")[0]["n"]
    assert len(firsts["run_no"]) == day.rows("select count(*) as n from ingest_runs")[0]["n"]


def test_rejected_lines_are_told_and_only_text(
    rejected: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _page(rejected.data_dir, monkeypatch)
    assert "2 lines rejected" in said(app)
    found = next(f.value for f in unfolded(app).dataframe if f.value.columns[0] == "reason")
    assert sorted(found["excerpt"]) == sorted([HOSTILE, FORMULA])
    read = [*app.markdown, *app.caption, *app.subheader, *app.title, *app.metric]
    assert not any("evil.example" in str(element.value) for element in read)
    assert not any("evil.example" in element.proto.body for element in app.get("html"))
    one = _page(rejected.data_dir, monkeypatch, why="time")
    found = next(f.value for f in unfolded(one).dataframe if f.value.columns[0] == "reason")
    assert list(found["excerpt"]) == [FORMULA]


def test_a_line_that_is_lost_is_noticed(
    changing: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing.publish("update store.source set lines = lines + 3 where source_no = 1")
    told = said(_page(changing.data_dir, monkeypatch))
    assert "3 lines not accounted for" in told and "✕ +3 lines" in told


def test_checks_are_tried_on_request(changing: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    app = _page(changing.data_dir, monkeypatch)
    assert "held when published" in said(app) and "Every response is stored once" in said(app)
    told = _row("balance", said(app.button(key="checks-now").click().run()))
    assert "✓ holds now" in told
    changing.publish(
        "update store.source set lines = lines + 3 "
        "where source_no = (select min(source_no) from store.source where status = 'loaded')"
    )
    app = _page(changing.data_dir, monkeypatch)
    told = _row("balance", said(app.button(key="checks-now").click().run()))
    assert "✕ 1 row against it. To do: keep the file and report it" in told


def _row(name: str, told: str) -> str:
    """The row of the table of checks that begins with a name."""
    return told.partition(f"<b>{name}</b>")[2].partition("</tr>")[0]


def test_changed_parameters_are_told(changing: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "have their default value" in said(_page(changing.data_dir, monkeypatch))
    changing.publish("update store.parameter set value = 5 where parameter = 'min_operations'")
    told = said(_page(changing.data_dir, monkeypatch))
    assert "min_operations" in told and "Ratios over fewer operations are not judged" in told


def test_words() -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    stale = timedelta(hours=30)
    assert health_words.reach(now - timedelta(hours=2), stale) == "✓ 2 h ago"
    assert health_words.reach(now - timedelta(days=3), stale).startswith("! 3 days")
    assert health_words.reach(now + timedelta(hours=2), stale) == "! ahead of the clock"
    # A little can be seen, nothing cannot.
    assert health_words.split([1_000_000, 1, 0, 0])[1] > 0.03
    assert health_words.split([1_000_000, 1, 0, 0])[2] == 0


@pytest.mark.browser
def test_a_reason_narrows_and_the_address_keeps_it(
    rejected: Published, serve: Callable[[Path], Server], reading: Callable[[Server], Reader]
) -> None:
    from playwright.sync_api import expect

    reader = reading(serve(rejected.data_dir)).open("/health")
    page = reader.page
    expect(page.locator(".banner h2")).to_contain_text("2 lines rejected")
    expect(reader.figure("+ Rejected")).to_have_text("2")
    assert page.locator("[src*=evil], [href*=evil], [onerror]").count() == 0
    assert page.title() != "owned"
    page.get_by_role("link", name="time", exact=True).click()
    expect(page.get_by_role("link", name="Show all reasons")).to_be_visible()
    assert page.url.endswith("/health?why=time")
    page.reload()
    expect(page.get_by_role("link", name="Show all reasons")).to_be_visible()
    reader.settle()


def test_every_reason_for_a_rejected_line_is_told() -> None:
    """Those that the column's own comment names, and those of docs/formats.md."""
    (described,) = [file for file in read_folder("schema") if file.name == "rejected_line"]
    assert health_words.REASONS.keys() == words(described.columns["reason"]) - {"or"}
    text = (ROOT / "docs" / "formats.md").read_text("utf-8")
    table = text.partition("## Why a line is rejected")[2].partition("\n## ")[0]
    documented = {
        name for cell in re.findall(r"^\| (`.*?) \|", table, re.M) for name in words(cell)
    }
    assert documented == health_words.REASONS.keys() - {"event"}  # of Chert's own log alone


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z_]+", text))
