"""The Overview beside its figures: storms in the chart, and what needs attention."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import chertlog.dashboard
from chertlog.dashboard.frame import periods

from .conftest import Published, Reader, Server, unfolded

APP = Path(next(iter(chertlog.dashboard.__path__))) / "app.py"
Reading = Callable[[Server], Reader]


def _open(data_dir: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> Any:
    monkeypatch.setenv("CHERTLOG_DATA_DIR", str(data_dir))
    app = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    app = app.run()
    assert not app.exception
    return app


def _markup(app: Any) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


@pytest.mark.parametrize("tenant", ["", "tenant-02"])
def test_attention_equals_the_views(
    day: Published, monkeypatch: pytest.MonkeyPatch, tenant: str
) -> None:
    said = _markup(_open(day.data_dir, monkeypatch, range="all", tenant=tenant))
    truth = day.rows(
        """
        select
            (
                select count(*) from contract_violations where $t = '' or tenant_id = $t
            ) as violations,
            (select count(*) from retry_storms where $t = '' or tenant_id = $t) as storms
        """,
        t=tenant,
    )[0]
    shown = f"{truth['violations']:,} contract violation"
    assert (shown in said) == (truth["violations"] > 0)
    assert said.count('href="storms?range=all') == min(truth["storms"], 3) + (truth["storms"] > 3)
    # Logs of a simulated day long past, whatever the day of the test.
    assert ("The data are" in said and 'href="health"' in said) or "old" not in said


def test_storms_stand_in_the_table_of_the_chart(
    day: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _open(day.data_dir, monkeypatch, range="all")
    steps = next(f.value for f in unfolded(app).dataframe if "storms" in f.value.columns)
    named = {name for cell in steps["storms"] for name in cell.split(", ") if name}
    truth = day.rows("select distinct tenant_id from retry_storms where tenant_id is not null")
    assert {name.split(" ")[0] for name in named} == {row["tenant_id"] for row in truth}


def test_a_custom_window_equals_sql(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    last_at = day.rows("select max(occurred_at) as t from responses")[0]["t"]
    until = last_at.replace(minute=30, second=0, microsecond=0) - timedelta(hours=1)
    since = until - timedelta(minutes=45)
    query = {"range": "custom", "from": f"{since:%Y-%m-%dT%H:%M}", "to": f"{until:%Y-%m-%dT%H:%M}"}
    app = _open(day.data_dir, monkeypatch, **query)
    truth = day.rows(
        "select count(*) as n from responses where occurred_at >= $since and occurred_at < $until",
        since=since,
        until=until,
    )[0]["n"]
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Responses"] == f"{truth:,}"
    # Links carry the window on.
    assert "range=custom&amp;from=" in _markup(app)


def test_a_window_is_widened_to_full_steps() -> None:
    last_at = datetime(2026, 11, 21, 23, 59)
    asked = periods.between(datetime(2026, 11, 20, 8, 7), datetime(2026, 11, 20, 20, 1), last_at)
    assert (asked.start, asked.end) == (datetime(2026, 11, 20, 8), datetime(2026, 11, 20, 20, 15))
    assert asked.step == timedelta(minutes=15)
    # Turned round, half said and empty windows still are windows.
    assert periods.between(asked.end, asked.start, last_at) == asked
    assert periods.between(None, asked.end, last_at).start < asked.start
    assert periods.between(asked.start, None, last_at).end > last_at
    assert periods.between(asked.start, asked.start, last_at).end > asked.start


@pytest.mark.browser
def test_a_custom_window_holds_on_every_page(server: Server, reading: Reading) -> None:
    from playwright.sync_api import expect

    window = "range=custom&from=2026-11-20T08:00&to=2026-11-20T20:00"
    reader = reading(server).open(f"/?{window}")
    page = reader.page
    expect(page.get_by_text("widened to full steps")).to_be_visible()
    page.get_by_role("link", name="Errors").click()
    expect(page.get_by_role("heading", name="Errors", exact=True)).to_be_visible()
    reader.settle()
    expect(page.get_by_text("widened to full steps")).to_be_visible()
    for part in ("range=custom", "from=2026-11-20T08", "to=2026-11-20T20"):
        assert part in page.url


@pytest.mark.browser
def test_a_line_of_attention_leads_on(day: Published, server: Server, reading: Reading) -> None:
    from playwright.sync_api import expect

    reader = reading(server).open("/?range=all")
    page = reader.page
    kinds = day.rows("select count(distinct kind) as n from contract_violations")[0]["n"]
    line = page.locator("ul.links li", has_text="contract violation")
    expect(line).to_contain_text(f"{kinds} kinds")
    line.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Contract", exact=True)).to_be_visible()
    assert "/contract?range=all" in page.url
