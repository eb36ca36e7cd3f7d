"""The Contract page: violations and overrides as the views have them, down to the trace."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chertlog.dashboard.screens.contract import contract_words

from .conftest import Published, Reader, Server, unfolded
from .test_pages import _open as open_app
from .test_pages import _said as said

PAGE = "screens/contract/page.py"


def _page(data_dir: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> Any:
    app = open_app(data_dir, monkeypatch, **query).switch_page(PAGE)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def _frame(app: Any, *columns: str) -> Any:
    """The table that begins with these columns."""
    assert not app.exception
    found = [
        f.value
        for f in unfolded(app).dataframe
        if tuple(f.value.columns[: len(columns)]) == columns
    ]
    assert len(found) == 1, [list(f.value.columns) for f in app.dataframe]
    return found[0]


def test_kinds_equal_sql(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    app = _page(day.data_dir, monkeypatch, range="all")
    shown = dict(_frame(app, "kind", "violations", "routes")[["kind", "violations"]].values)
    truth = day.rows("select kind, count(*) as n from contract_violations group by kind")
    assert shown == {row["kind"]: row["n"] for row in truth}
    total = sum(row["n"] for row in truth)
    assert f"{total:,} contract violations, of {len(truth)} kinds" in said(app)


def test_every_kind_of_the_reference_has_a_meaning(day: Published) -> None:
    header = day.rows(
        "select comment from duckdb_columns() where table_name = 'contract_violations' "
        "and column_name = 'kind'"
    )[0]["comment"]
    assert all(kind in header for kind in contract_words.MEANINGS)
    seen = {row["kind"] for row in day.rows("select distinct kind from contract_violations")}
    assert seen <= set(contract_words.MEANINGS)


@pytest.mark.parametrize("filters", [{"tenant": "tenant-02"}, {"surface": "slack"}])
def test_filters_equal_sql(
    day: Published, monkeypatch: pytest.MonkeyPatch, filters: dict[str, str]
) -> None:
    column = {"tenant": "tenant_id", "surface": "surface"}[next(iter(filters))]
    truth = day.rows(
        f"select count(*) as n from contract_violations where {column} = $value",
        value=next(iter(filters.values())),
    )[0]["n"]
    told = said(_page(day.data_dir, monkeypatch, range="all", **filters))
    assert (f"{truth:,} contract violation" if truth else "No contract violation") in told


def test_overrides_equal_sql(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = day.rows("select * from retryable_overrides order by http_route, error_code")
    app = _page(day.data_dir, monkeypatch, range="all")
    if not truth:
        assert "None: wherever the reference has a default" in said(app)
        return
    shown = _frame(app, "http_route", "error_code", "error_type").sort_values(
        ["http_route", "error_code"]
    )
    assert list(shown["overridden"]) == [row["errors"] for row in truth]
    assert list(shown["retryable"]) == [row["retryable"] for row in truth]


def test_a_kind_opens(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = day.rows(
        "select kind, count(*) as n, max(trace_id) as one from contract_violations "
        "where kind != 'flapping_retryable' group by kind order by n, kind limit 1"
    )[0]
    app = _page(day.data_dir, monkeypatch, range="all", kind=kind["kind"])
    assert kind["one"] in said(app)
    opened = [
        f.value
        for f in unfolded(app).dataframe
        if tuple(f.value.columns[:2]) == ("occurred_at", "kind")
    ]
    assert len(opened[0]) == kind["n"]


def test_a_clean_contract_is_good_news(
    changing: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing.publish("delete from store.contract_violation")
    app = _page(changing.data_dir, monkeypatch, range="all")
    judged = changing.rows("select count(is_error) as n from responses")[0]["n"]
    told = said(app)
    assert "No contract violation in this period" in told
    assert f"{judged:,} responses judged against {len(contract_words.MEANINGS)} rules" in told
    assert "None: within each hour" in told


def test_nothing_matches(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = day.rows(
        """
        select r.tenant_id, s.surface from (select distinct tenant_id from responses) as r
        cross join api_surfaces as s
        where r.tenant_id is not null and not exists (
            select 1 from responses as x
            where x.tenant_id = r.tenant_id and x.surface = s.surface
        ) limit 1
        """
    )[0]
    chosen = {"tenant": quiet["tenant_id"], "surface": quiet["surface"]}
    assert "match these filters" in said(_page(day.data_dir, monkeypatch, range="all", **chosen))


@pytest.mark.browser
def test_from_a_kind_to_the_trace(
    day: Published, server: Server, reading: Callable[[Server], Reader]
) -> None:
    from playwright.sync_api import expect

    kind = day.rows(
        "select kind, count(*) as n from contract_violations "
        "where kind not in ('flapping_retryable', 'duplicate_trace_id') "
        "group by kind order by n desc, kind limit 1"
    )[0]
    reader = reading(server).open("/contract?range=all")
    page = reader.page
    page.get_by_role("link", name=kind["kind"], exact=True).click()
    opened = page.locator(".st-key-opened")
    expect(opened).to_contain_text(contract_words.meaning(kind["kind"]))
    reader.settle()
    assert page.url.endswith(f"/contract?range=all&kind={kind['kind']}")
    page.reload()
    reader.settle()
    trace = opened.locator("td.i a").first
    trace_id = trace.inner_text()
    trace.click()
    expect(page.locator(".banner h2")).to_be_visible()
    expect(page.locator(".facts")).to_contain_text(trace_id)
