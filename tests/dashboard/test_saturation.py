"""The 4002 page: its figures are those of the views, and every hour opens down to the trace."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from chertlog.dashboard.drawing import heat_map, theme
from chertlog.dashboard.screens.saturation import saturated, saturation_charts

from .conftest import Published, Reader, Server, unfolded
from .test_pages import _figures as figures
from .test_pages import _open as open_app
from .test_pages import _said as said

PAGE = "screens/saturation/page.py"


def _page(data_dir: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> Any:
    app = open_app(data_dir, monkeypatch, **query).switch_page(PAGE)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def _hour(day: Published) -> dict[str, Any]:
    return day.rows(
        "select * from saturation_hours where tenant_id like 'tenant-%' and onset_at is not null "
        "order by unmet_operations desc, refused desc, hour, tenant_id limit 1"
    )[0]


def test_figures_equal_sql(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = figures(_page(day.data_dir, monkeypatch, range="all"))
    truth = day.rows(
        "select sum(unmet_operations)::bigint as unmet, count(onset_at) as filled "
        "from saturation_hours"
    )[0]
    firsts = day.rows(
        "select sum(refused_first_attempts) / sum(first_attempts) as share "
        "from saturation_by_minute"
    )[0]
    assert shown["Unmet demand"] == f"{truth['unmet']:,}"
    assert shown["Saturated hours"] == f"{truth['filled']:,}"
    assert shown["First attempts refused"] == f"{firsts['share']:.2%}"


def test_one_tenant_equals_sql(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    who = _hour(day)["tenant_id"]
    shown = figures(_page(day.data_dir, monkeypatch, range="all", tenant=who))
    truth = day.rows(
        """
        select
            (select sum(unmet_operations)::bigint from saturation_hours where tenant_id = $who)
                as unmet,
            count(*) filter (error_code = 4002 and is_error) / count(*) as share
        from responses
        where tenant_id = $who and attempt = 1
            and http_route in (select http_route from saturable_routes)
        """,
        who=who,
    )[0]
    assert shown["Unmet demand"] == f"{truth['unmet']:,}"
    assert shown["First attempts refused"] == f"{truth['share']:.2%}"


def test_an_hour_opens(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    hour = _hour(day)
    at = f"{hour['hour']:%Y-%m-%dT%H}"
    told = said(_page(day.data_dir, monkeypatch, range="all", hour=at, who=hour["tenant_id"]))
    assert f"{hour['unmet_operations']:,} unmet" in told
    assert "Close this hour" in told
    first = day.rows(
        "select trace_id from responses where tenant_id = $who and error_code = 4002 "
        "and date_trunc('hour', received_at) = $hour order by received_at limit 1",
        who=hour["tenant_id"],
        hour=hour["hour"],
    )[0]
    assert first["trace_id"] in told


@pytest.mark.parametrize("hour", ["yesterday", "", "2026-13-01T00"])
def test_what_is_no_hour_opens_nothing(
    day: Published, monkeypatch: pytest.MonkeyPatch, hour: str
) -> None:
    app = _page(day.data_dir, monkeypatch, range="all", hour=hour)
    assert "Close this hour" not in said(app)


def test_a_quiet_tenant_is_good_news(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = day.rows(
        "select distinct tenant_id from responses where attempt = 1 "
        "and http_route in (select http_route from saturable_routes) "
        "and tenant_id not in (select tenant_id from saturation_hours) order by 1 limit 1"
    )[0]
    app = _page(day.data_dir, monkeypatch, range="all", tenant=quiet["tenant_id"])
    assert "No 4002 from" in said(app)
    assert not app.metric


def test_filters_that_do_not_apply_say_so(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    app = _page(day.data_dir, monkeypatch, range="all", surface="slack")
    assert "do not apply" in said(app)
    assert figures(app) == figures(_page(day.data_dir, monkeypatch, range="all"))


def test_no_4002_at_all(changing: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    for table in ("saturation_hour", "saturation_route"):
        changing.publish(f"delete from store.{table}")
    assert "No response in the database is a 4002" in said(
        _page(changing.data_dir, monkeypatch, range="all")
    )


def test_zero_and_no_data_differ() -> None:
    at = [datetime(2026, 11, 21, 10), datetime(2026, 11, 21, 11), datetime(2026, 11, 21, 12)]
    minutes = pd.DataFrame(
        {
            "hour": at,
            "first_attempts": [100, 100, 0],
            "refused_first_attempts": [0, 7, 0],
            "refused_share": [0.0, 0.07, None],
            "refused": [0, 9, 0],
        }
    )
    cells = saturation_charts.date_hours(minutes, saturation_charts.SHARE)
    assert list(cells["x"]) == ["10", "11"]  # of 12 nothing is known
    assert list(cells["label"]) == ["", "7%"]
    assert "7 of 100 first attempts refused: 7.0%" in cells.iloc[1]["tooltip"]
    drawn = heat_map.option(cells, ["10", "11", "12"], ["Sat 21 Nov"], heat_map.SHARES, theme.LIGHT)
    zero, lowest = drawn["visualMap"]["pieces"][:2]
    assert zero["value"] == 0 and lowest["gt"] == 0
    assert len({piece["color"] for piece in drawn["visualMap"]["pieces"]}) == 6


def test_words_of_an_hour() -> None:
    assert saturated.lift(None) == "–"
    assert saturated.moment("2026-11-21T10:35") == datetime(2026, 11, 21, 10)
    row = {"onset_at": pd.NaT, "first_refused_minute": 7}
    assert saturated.onset(row) == "none (first :07)"
    assert saturated.relief({"relief": "relieved", "is_relief_settled": False}).endswith("so far")
    ran_out = {"verdict": "runs out", "runs_out_at": datetime(2026, 11, 21, 10, 50)}
    ran_out |= {"runs_out_from": datetime(2026, 11, 21, 10, 45), "runs_out_to": pd.NaT}
    assert saturated.expected(ran_out) == "10:50 (10:45 to after the hour)"


@pytest.mark.browser
def test_from_the_table_to_the_trace(
    day: Published,
    serve: Callable[[Path], Server],
    server: Server,
    reading: Callable[[Server], Reader],
) -> None:
    from playwright.sync_api import expect

    hour = _hour(day)
    reader = reading(server).open("/saturation?range=all&measure=All+4002+responses")
    page = reader.page
    expect(page.get_by_role("radio", name="All 4002 responses")).to_be_checked()
    row = page.locator("table.chert tr").filter(has_text=hour["tenant_id"]).first
    expect(row).to_contain_text(f"{hour['unmet_operations']:,}")
    row.get_by_role("link").first.click()
    opened = page.locator(".st-key-opened")
    expect(page.get_by_role("radio", name="All 4002 responses")).to_be_checked()
    expect(opened).to_contain_text(f"{hour['refused_operations']:,} refused operation")
    reader.settle()
    # The same address shows the same on another server, in another browser.
    again = reading(serve(day.data_dir)).open(page.url.removeprefix(server.url))
    expect(again.page.locator(".st-key-opened")).to_contain_text(
        f"{hour['refused_operations']:,} refused operation"
    )
    trace = opened.locator("td.i a").last
    trace_id = trace.inner_text()
    trace.click()
    expect(page.locator(".facts")).to_contain_text(trace_id)


@pytest.mark.browser
def test_a_cell_opens_its_hour(
    day: Published, server: Server, reading: Callable[[Server], Reader]
) -> None:
    from playwright.sync_api import expect

    reader = reading(server).open("/saturation?range=all")
    canvas = reader.page.locator("[class*=st-key-date-hours] canvas").first
    box = canvas.bounding_box()
    newest = day.rows("select max(hour) as hour from saturation_hours")[0]["hour"]
    # Of the width, 70 points are the date and the rest 24 hours; one date, 34 points high.
    x = 70 + (newest.hour + 0.5) * (box["width"] - 78) / 24
    opened = reader.page.locator(".st-key-opened")
    for _ in range(20):  # the canvas is there before what is drawn on it
        canvas.click(position={"x": x, "y": 20}, force=True)
        reader.page.wait_for_timeout(500)
        if opened.count():
            break
    expect(opened).to_contain_text(f"{newest:%H:%M}–")
    expect(opened).to_contain_text("all tenants")
    reader.settle()
    assert f"hour={newest:%Y-%m-%dT%H}" in reader.page.url


def test_many_dates_are_drawn_some_at_a_time(
    changing: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest first; the reader turns to older ones, and the table has all."""
    changing.publish(
        "insert into store.route_minute select r.* replace (r.minute - to_days(n::int) as minute) "
        "from store.route_minute as r, range(1, 71) as days (n) where minute(r.minute) = 0"
    )
    last = changing.rows("select max(minute)::date as day from store.route_minute")[0]["day"]
    window = {
        "from": f"{last - timedelta(days=90)}T00:00",
        "to": f"{last + timedelta(days=1)}T00:00",
    }
    app = _page(changing.data_dir, monkeypatch, range="custom", **window)
    turned = app.selectbox(key="dates")
    assert len(turned.options) == 2 and turned.options[0].endswith(f"{last:%d %b}")
    assert "62 of 71 dates at a time" in said(app)
    older = turned.set_value(turned.options[1]).run()
    assert not older.exception
    drawn = {each.split(" – ")[0] for each in turned.options}
    assert f"{last - timedelta(days=70):%d %b}" in " ".join(drawn)
    table = next(f.value for f in unfolded(older).dataframe if "hour" in f.value.columns)
    assert len({str(hour)[:10] for hour in table["hour"]}) == 71
