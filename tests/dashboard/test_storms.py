"""Retry storms: the page and the storm it opens say what SQL says, in every state."""

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import HOSTILE, Published, Reader, Server
from .test_browser import _expect
from .test_pages import _figures, _open, _said

PAGE = "screens/storms/page.py"
COSTLY = (
    "select * from retry_storms order by wasted_attempts desc, retries desc, started_at limit 1"
)


# Of the tenants with storms, from the fewest to the most.
STORMY = "select tenant_id, count(*) as n from retry_storms group by all order by n, tenant_id"


def _storms(day: Published, monkeypatch: pytest.MonkeyPatch, **query: str) -> Any:
    return _open(day.data_dir, monkeypatch, **query).switch_page(PAGE).run()


def _opened(day: Published, monkeypatch: pytest.MonkeyPatch, storm_id: str, **query: str) -> Any:
    # Only what is bound survives a change of page: in a browser a link opens the page itself.
    app = _storms(day, monkeypatch, **query)
    app.query_params["storm"] = storm_id
    return app.run()


def test_figures_equal_sql(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = _figures(_storms(day, monkeypatch, range="all"))
    truth = day.rows(
        """
        select count(*) as storms, sum(retries)::bigint as retries,
            sum(wasted_attempts)::bigint as wasted, max(peak_retries_per_minute) as peak
        from retry_storms
        """
    )[0]
    budget = day.rows(
        "select sum(over_budget) / sum(retries) as over from retry_figures where scope = 'tenant'"
    )[0]
    assert figures["Storms"] == f"{truth['storms']:,}"
    assert figures["Retries in storms"] == f"{truth['retries']:,}"
    assert figures["Wasted attempts"] == f"{truth['wasted']:,}"
    assert figures["Worst minute"] == f"{truth['peak']:,} retries"
    assert figures["Over a 10 % budget"] == f"{budget['over']:.0%}"


def test_one_tenant(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    most, fewest = day.rows(STORMY)[-1], day.rows(STORMY)[0]
    app = _storms(day, monkeypatch, range="all", tenant=most["tenant_id"])
    assert _figures(app)["Storms"] == str(most["n"])
    assert fewest["tenant_id"] not in _said(app)


def test_a_surface_selects_storms_that_touched_it(
    day: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _storms(day, monkeypatch, range="all", surface="salesforce", retryable="retryable")
    count = day.rows(
        """
        select count(distinct storm_id) as n from storm_drivers
        where dimension = 'surface' and value = 'salesforce'
        """
    )[0]
    assert _figures(app)["Storms"] == str(count["n"])
    assert "retryability does not apply" in _said(app)


def test_no_storms_is_good_news(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = day.rows(
        """
        select tenant_id from responses where tenant_id like 'tenant-%'
        and tenant_id not in (select tenant_id from retry_storms) limit 1
        """
    )[0]["tenant_id"]
    app = _storms(day, monkeypatch, range="all", tenant=quiet)
    said = _said(app)
    assert _figures(app)["Storms"] == "0" and "No retry storms" in said
    assert "at least 20 times in 5 minutes" in said


def test_the_most_costly_storm_is_opened(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    storm = day.rows(COSTLY)[0]
    said = _said(_storms(day, monkeypatch, range="all"))
    assert "The most costly one" in said
    assert f"{storm['wasted_attempts']:,} wasted attempts" in said
    assert f"{storm['operations_saved']:,} of {storm['operations']:,} operations saved" in said


def test_an_opened_storm_equals_sql(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    one_of_each = "select * from retry_storms qualify row_number() over (partition by verdict) = 1"
    for storm in day.rows(one_of_each):
        app = _opened(day, monkeypatch, storm["storm_id"], range="all")
        assert app.selectbox(key="storm-choice").value == storm["storm_id"]
        said = _said(app)
        assert storm["reasons"][1:] in said
        budget = day.rows(
            """
            select sum(over_budget)::double as low, sum(retries)::bigint as retries
            from retry_minutes where tenant_id = $tenant
            and minute between date_trunc('minute', $start::timestamp) and $end
            """,
            tenant=storm["tenant_id"],
            start=storm["started_at"],
            end=storm["ended_at"],
        )[0]
        assert f"{round(budget['low']):,} of {budget['retries']:,}" in said
        for retry in day.rows(
            """
            select trace_id, count(*) over () as early from early_retries
            where tenant_id = $tenant and trace_id in (
                select trace_id from responses where received_at between $start and $end
            )
            """,
            tenant=storm["tenant_id"],
            start=storm["started_at"],
            end=storm["ended_at"],
        )[:1]:
            assert f"{retry['early']:,} of " in said


def test_a_storm_outside_the_filters_opens_all_the_same(
    day: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    storm = day.rows(COSTLY)[0]
    other = day.rows(
        "select tenant_id from responses anti join retry_storms using (tenant_id) limit 1"
    )[0]["tenant_id"]
    said = _said(_opened(day, monkeypatch, storm["storm_id"], range="all", tenant=other))
    assert "outside the filters" in said and storm["reasons"][1:] in said


def test_an_unknown_storm_is_said(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    said = _said(_opened(day, monkeypatch, "no-such-storm", range="all"))
    assert "not in the data" in said and "no-such-storm" in said


def test_hostile_names_are_only_text(changing: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    storm = changing.rows(COSTLY)[0]
    number = int(storm["storm_id"], 16)
    for table in ("storm", "retry", "tenant_minute", "operation"):
        changing.publish(
            f"update store.{table} set tenant_id = $1 where tenant_id = $2",
            HOSTILE,
            storm["tenant_id"],
        )
    changing.publish(f"update store.storm_driver set value = ? where storm_id = {number}", HOSTILE)
    app = _storms(changing, monkeypatch, range="all")
    assert not app.exception
    read = [*app.markdown, *app.caption, *app.subheader, *app.title, *app.metric]
    assert not any("evil.example" in str(element.value) for element in read)
    markup = "".join(element.proto.body for element in app.get("html"))
    assert "&lt;img src=x" in markup and "<img src=x" not in markup


@pytest.mark.browser
def test_a_link_opens_a_storm_and_leads_to_the_trace(
    day: Published, server: Server, reading: Callable[[Server], Reader]
) -> None:
    storm = day.rows("select * from retry_storms order by retries limit 1")[0]
    reader = reading(server).open(f"/storms?range=all&storm={storm['storm_id']}")
    page = reader.page
    banner = page.locator(".banner")
    _expect(banner).to_contain_text(storm["reasons"][1:])
    page.reload()
    reader.settle()
    _expect(banner).to_contain_text(storm["reasons"][1:])
    # Another storm by its row, and back to all.
    other = day.rows(COSTLY)[0]
    page.get_by_role("button", name="All storms").click()
    _expect(page.get_by_text("The most costly one")).to_be_visible()
    reader.settle()
    assert "storm=" not in page.url and "range=all" in page.url
    row = page.locator("tr").filter(has_text=f"{other['started_at']:%H:%M:%S}")
    row.get_by_role("link").first.click()
    _expect(banner).to_contain_text(other["reasons"][1:])
    assert f"storm={other['storm_id']}" in page.url
    # A chain leads to its trace.
    chain = page.locator("td.i a").first
    trace_id = chain.inner_text()
    chain.click()
    _expect(page.locator(".facts")).to_contain_text(trace_id)


@pytest.mark.browser
def test_a_mark_of_the_timeline_opens_its_storm(
    day: Published, server: Server, reading: Callable[[Server], Reader]
) -> None:
    tenant = day.rows(STORMY)[0]["tenant_id"]
    storms = day.rows("select * from retry_storms where tenant_id = $tenant", tenant=tenant)
    storm = storms[0]
    reader = reading(server).open(f"/storms?range=all&tenant={tenant}")
    canvas = reader.page.locator("[class*=st-key-storm-timeline] canvas")
    box = canvas.bounding_box()
    coverage = day.rows("select min(occurred_at) as a, max(occurred_at) as b from responses")[0]
    period = _period(coverage)
    middle = storm["started_at"] + (storm["ended_at"] - storm["started_at"]) / 2
    share = (middle - period.start) / (period.end - period.start)
    # The axis begins after the tenant's name, which is some 55 pixels wide.
    for left in range(40, 120, 4):
        x = left + (box["width"] - 24 - left) * share
        canvas.click(position={"x": x, "y": 34 + 24})
        if "storm=" in reader.page.url:
            break
        reader.page.wait_for_timeout(150)
    _expect(reader.page.get_by_role("button", name="All storms")).to_be_visible()
    assert any(f"storm={each['storm_id']}" in reader.page.url for each in storms)


def _period(coverage: dict[str, Any]) -> Any:
    from chertlog.dashboard.frame.periods import choose

    return choose("all", coverage["a"], coverage["b"])


@pytest.mark.browser
def test_nothing_is_wider_than_a_phone(server: Server, reading: Callable[[Server], Reader]) -> None:
    reader = reading(server)
    reader.page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/storms?range=all", "/clients"):
        reader.open(path)
        main = "document.querySelector('[data-testid=stMain]')"
        assert reader.page.evaluate(f"{main}.scrollWidth <= {main}.clientWidth"), path
