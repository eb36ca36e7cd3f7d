"""The Errors page: its figures equal SQL, its links lead on, and it says what it cannot tell."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import chertlog.dashboard

from .conftest import HOSTILE_TRACE, Published, Reader, Server, unfolded

APP = Path(next(iter(chertlog.dashboard.__path__))) / "app.py"
Reading = Callable[[Server], Reader]


def _open(data_dir: Path, monkeypatch: pytest.MonkeyPatch, **query: str) -> Any:
    monkeypatch.setenv("CHERTLOG_DATA_DIR", str(data_dir))
    app = AppTest.from_file(str(APP), default_timeout=30)
    # The filters are read by the first run, what is this page's own by the second.
    for _ in range(2):
        for name, value in query.items():
            app.query_params[name] = value
        app = app.run()
        app.switch_page("screens/errors/page.py")
    app = app.run()
    assert not app.exception
    return app


def _said(app: Any) -> str:
    kinds = (app.text, app.caption, app.get("html"), app.subheader)
    return "\n".join(
        str(getattr(each, "value", "") or each.proto.body) for kind in kinds for each in kind
    )


def _heat(app: Any) -> Any:
    """The table behind the heat table."""
    return next(f.value for f in unfolded(app).dataframe if "is_override" in f.value.columns)


def test_heat_table_equals_sql(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    app = _open(day.data_dir, monkeypatch, range="all")
    shown = {
        (None if row["error_code"] is None else row["error_code"], row["retryable"]): row
        for row in _heat(app).astype(object).where(_heat(app).notna(), None).to_dict("records")
    }
    truth = day.rows(
        """
        select error_code, retryable, count(*) as errors,
            count(*) filter (surface = 'v1') as v1,
            count(*) filter (surface = 'slack') as slack
        from responses where is_error group by all
        """
    )
    assert len(shown) == len(truth) > 10
    for row in truth:
        mine = shown[row["error_code"], row["retryable"]]
        assert (mine["errors"], mine["v1"], mine["slack"]) == (
            row["errors"],
            row["v1"],
            row["slack"],
        )


def test_only_overrides_equals_the_view(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    app = _open(day.data_dir, monkeypatch, range="all", overrides="true")
    truth = day.rows(
        "select error_code, retryable, sum(errors)::int as n from retryable_overrides group by all"
    )
    if not truth:
        assert "the reference’s default" in _said(app)
        return
    shown = {(r.error_code, r.retryable): r.errors for r in _heat(app).itertuples()}
    assert shown == {(r["error_code"], r["retryable"]): r["n"] for r in truth}


@pytest.mark.parametrize("tenant", ["", "tenant-02"])
def test_an_opened_code_equals_sql(
    day: Published, monkeypatch: pytest.MonkeyPatch, tenant: str
) -> None:
    query = {"range": "all", "code": "1003"} | ({"tenant": tenant} if tenant else {})
    app = _open(day.data_dir, monkeypatch, **query)
    where = "is_error and error_code = 1003 and ($t = '' or tenant_id = $t)"
    errors = day.rows(f"select count(*) as n from responses where {where}", t=tenant)[0]["n"]
    latest = day.rows(
        f"select trace_id from responses where {where} order by occurred_at desc limit 1", t=tenant
    )
    assert errors
    assert f"1003 INVALID_PHONE: {errors:,} error" in _said(app)
    assert f"trace?trace={latest[0]['trace_id']}" in _said(app)
    tenants = next(f.value for f in unfolded(app).dataframe if "last_trace_id" in f.value.columns)
    assert tenants["errors"].sum() == errors


def test_a_code_that_was_not_sent_says_so(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = day.rows(
        "select error_code from error_codes anti join (select distinct error_code from responses)"
        " using (error_code) limit 1"
    )
    code = str(quiet[0]["error_code"]) if quiet else "5004"
    query = {} if quiet else {"tenant": "tenant-23", "range": "1h"}
    app = _open(day.data_dir, monkeypatch, **({"range": "all", "code": code} | query))
    assert f"{code} " in _said(app)
    if quiet:
        assert "none in this period" in _said(app)


def test_movers_equal_the_macro_and_need_a_period_before(
    day: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = _open(day.data_dir, monkeypatch, range="1h", by="tenant")
    found = next(f.value for f in unfolded(app).dataframe if "q_value" in f.value.columns)
    truth = day.rows(
        """
        with newest as (select max(minute) + interval 1 minute as t from error_rate_by_minute)
        select count(*) as n, sum(after_errors)::int as after_errors
        from movers(
            (select t - interval 2 hours from newest), (select t - interval 1 hour from newest),
            (select t - interval 1 hour from newest), (select t from newest),
            dimension := 'tenant_id'
        )
        """
    )[0]
    assert (len(found), found["after_errors"].sum()) == (truth["n"], truth["after_errors"])
    said = _said(_open(day.data_dir, monkeypatch, range="all"))
    assert "no data from the period before" in said


def test_origins_equal_the_views(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    app = _open(day.data_dir, monkeypatch, range="all")
    found = next(
        f.value for f in unfolded(app).dataframe if "server_error_ratio_low" in f.value.columns
    )
    truth = day.rows(
        "select host, sum(errors)::int as errors from errors_by_host where host is not null "
        "group by all order by host"
    )
    hosts = found[(found["kind"] == "host") & found["origin"].notna()].sort_values("origin")
    assert list(zip(hosts["origin"], hosts["errors"], strict=True)) == [
        (row["host"], row["errors"]) for row in truth
    ]
    assert "Did a deploy do it?" in _said(app)


def test_nothing_matching_offers_the_way_back(
    day: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    app = _open(
        day.data_dir, monkeypatch, range="all", tenant=quiet["tenant_id"], surface=quiet["surface"]
    )
    assert "match these filters" in _said(app)


def test_log_text_is_only_text(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    app = _open(day.data_dir, monkeypatch, range="all", code="4002", surface="other")
    read = [*app.markdown, *app.caption, *app.subheader, *app.title]
    assert not any("evil.example" in str(element.value) for element in read)
    markup = "".join(element.proto.body for element in app.get("html"))
    assert "&lt;img src=x" in markup and "<img src=x" not in markup
    assert HOSTILE_TRACE in markup


@pytest.mark.browser
def test_from_the_heat_table_to_a_trace(day: Published, server: Server, reading: Reading) -> None:
    from playwright.sync_api import expect

    truth = day.rows(
        """
        select count(*) as errors, arg_max(trace_id, occurred_at) as trace_id
        from responses where is_error and error_code = 1003 and surface = 'v1'
        """
    )[0]
    reader = reading(server).open("/errors?range=all&rows=true")
    page = reader.page
    row = page.locator("tr").filter(has_text="1003 INVALID_PHONE")
    cell = row.locator("a.heat").first
    expect(cell).to_have_text(f"{truth['errors']:,}")
    cell.click()
    expect(page.locator(".banner h2").first).to_contain_text(
        f"1003 INVALID_PHONE: {truth['errors']:,} errors"
    )
    reader.settle()
    for part in ("range=all", "surface=v1", "code=1003", "retryable=non-retryable"):
        assert part in page.url
    page.reload()
    reader.settle()
    expect(page.locator(".banner h2").first).to_contain_text(f"{truth['errors']:,} errors")
    latest = page.locator("table", has_text="latest errors").get_by_role(
        "link", name=truth["trace_id"]
    )
    latest.click()
    expect(page.locator(".banner h2").first).to_contain_text("Failed with 1003 INVALID_PHONE")
    assert page.url.endswith(f"/trace?trace={truth['trace_id']}")


@pytest.mark.browser
def test_a_host_leads_to_its_responses(day: Published, server: Server, reading: Reading) -> None:
    from playwright.sync_api import expect

    host = day.rows("select host from errors_by_host where errors > 0 order by all limit 1")[0]
    reader = reading(server).open("/errors?range=all")
    reader.page.get_by_role("link", name=host["host"], exact=True).click()
    expect(reader.page.get_by_role("textbox", name="One SELECT")).to_have_value(
        re.compile(f"host = '{host['host']}'")
    )
    expect(reader.page.locator(".st-key-answer h3")).to_contain_text(re.compile(r"\d+ rows?"))
