"""What holds on every page: its figures are SQL's, its filters stay, its states are sentences."""

import re
import shutil
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import duckdb
import pytest
import streamlit as st

from chertlog.dashboard import data
from chertlog.queries.errors import BadQuery, ChertlogError, QueryLimit

from .conftest import HOSTILE, HOSTILE_TRACE, Published, Reader, Server, unfolded
from .test_pages import _open as open_app
from .test_pages import _publish as publish_empty
from .test_pages import _said as said

PAGES = (
    "overview",
    "errors",
    "storms",
    "saturation",
    "contract",
    "clients",
    "trace",
    "sql",
    "health",
)
# These speak of the log lines, or ask for no filter: they stand without a response too.
UNFILTERED = ("trace", "sql", "health")


class Headline(NamedTuple):
    """A page by its name in the navigation, one of its figures, and what SQL says it is."""

    title: str
    where: str
    text: str
    sql: str


# Each query gives `n`, for one tenant or, with an empty one, for all.
OF = "($tenant = '' or tenant_id = $tenant)"
HEADLINES = (
    Headline("Overview", "Responses", "{n:,}", f"select count(*) as n from responses where {OF}"),
    Headline(
        "Errors",
        "Error codes by surface",
        "{n:,} error",
        f"select count(*) as n from responses where is_error and {OF}",
    ),
    Headline(
        "Retry storms",
        "Retries in storms",
        "{n:,}",
        f"select coalesce(sum(retries), 0)::bigint as n from retry_storms where {OF}",
    ),
    Headline(
        "4002 saturation",
        "Unmet demand",
        "{n:,}",
        f"select coalesce(sum(unmet_operations), 0)::bigint as n from saturation_hours where {OF}",
    ),
    Headline(
        "Contract",
        "contract violation",
        "{n:,} contract violation",
        f"select count(*) as n from contract_violations where {OF}",
    ),
    Headline(
        "Clients",
        "Judged over everything loaded",
        "{n:,}",
        f"select count(*) as n from client_conduct where {OF}",
    ),
)


def _saturated_tenant(day: Published) -> str:
    """A tenant with storms and 4002, so that no page is empty for it."""
    return str(
        day.rows(
            """
            select tenant_id from saturation_hours
            where tenant_id in (select tenant_id from retry_storms)
                and tenant_id in (select tenant_id from contract_violations)
            group by all order by sum(unmet_operations) desc, tenant_id limit 1
            """
        )[0]["tenant_id"]
    )


def _shows(reader: Reader, headline: Headline, number: int) -> None:
    from playwright.sync_api import expect

    text = headline.text.format(n=number)
    page = reader.page
    if headline.title == "Clients":
        # One row a client, and no figure of them all.
        expect(
            page.locator("table", has_text="Findings, gravest").locator("tbody tr")
        ).to_have_count(number)
    elif headline.text == "{n:,}":
        expect(reader.figure(headline.where)).to_have_text(text)
    else:
        heading = page.locator(".banner h2, h3.panel").filter(has_text=headline.where).first
        expect(heading).to_contain_text(text)


@pytest.mark.browser
def test_figures_equal_sql_on_every_page_and_the_filter_stays(
    day: Published, serve: Callable[..., Server], reading: Callable[[Server], Reader]
) -> None:
    """A deep link on a cold server, every page by its link, the filter taken away, and back."""
    tenant = _saturated_tenant(day)
    reader = reading(serve(day.data_dir)).open(f"/saturation?range=all&tenant={tenant}")
    page = reader.page

    def visit(headline: Headline, who: str) -> None:
        page.get_by_test_id("stSidebarNavLink").filter(has_text=headline.title).click()
        reader.settle()
        truth = day.rows(headline.sql, tenant=who)[0]["n"]
        _shows(reader, headline, truth)
        assert ("tenant=" in page.url) is bool(who), page.url
        assert "range=all" in page.url

    for headline in HEADLINES:
        visit(headline, tenant)
    page.reload()
    reader.settle()
    _shows(reader, HEADLINES[-1], 1)
    # A page without filters in between loses nothing.
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Health").click()
    lines = day.rows("select sum(lines)::bigint as n from sources")[0]["n"]
    from playwright.sync_api import expect

    expect(reader.figure("Lines read")).to_have_text(f"{lines:,}")
    visit(HEADLINES[0], tenant)
    # Without the tenant: changed on one page, in force on all others.
    page.locator(".st-key-tenant").get_by_role("button", name="Clear").click()
    reader.settle()
    _shows(reader, HEADLINES[0], day.rows(HEADLINES[0].sql, tenant="")[0]["n"])
    for headline in HEADLINES[1:]:
        visit(headline, "")


@pytest.fixture(scope="session")
def hostile(day: Published, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The day in which hostile text stands wherever a page shows what a log said."""
    folder = tmp_path_factory.mktemp("hostile") / "data"
    shutil.copytree(day.data_dir, folder, symlinks=True)
    changed = Published(folder)
    quoted = HOSTILE.replace("'", "''")
    columns = day.rows(
        """
        select table_name, column_name from duckdb_columns()
        where schema_name = 'store' and column_name in ('tenant_id', 'http_route')
            and data_type = 'VARCHAR' and table_name in (select table_name from duckdb_tables())
        """
    )
    # One tenant and one route are called like that, everywhere.
    victims = {"tenant_id": _saturated_tenant(day), "http_route": "/api/v1/send"}
    changed.publish(
        ";".join(
            f"update store.{c['table_name']} set {c['column_name']} = '{quoted}' "
            f"where {c['column_name']} = '{victims[c['column_name']]}'"
            for c in columns
        )
    )
    return changed


# Charts that a screen reader could say nothing about.
_UNNAMED_CHARTS = """
[...document.querySelectorAll('[data-testid=stMain] canvas')]
    .filter(e => !e.closest('[data-testid=stDataFrame]'))
    .filter(e => !e.closest('[role=img]')?.ariaLabel).length
"""


_FOLDED = "[class*=st-key-behind-]"
_OPEN_TABLES = (
    "document.querySelectorAll('[class*=st-key-behind-] summary').forEach(e => e.click())"
)


@pytest.mark.browser
def test_log_text_is_only_text_on_every_page(
    hostile: Published, serve: Callable[..., Server], reading: Callable[[Server], Reader]
) -> None:
    """No element made of it, no request to where it points, no title changed, no error.

    On a phone, where such names are most in the way; and every picture says what it shows.
    """
    from urllib.parse import quote

    from playwright.sync_api import expect

    storm = hostile.rows("select storm_id from retry_storms order by retries desc limit 1")[0]
    hour = hostile.rows(
        "select strftime(hour, '%Y-%m-%dT%H') as at from saturation_hours "
        "order by unmet_operations desc limit 1"
    )[0]
    name = hostile.rows("select tenant_id from client_conduct where tenant_id like '%<script>%'")[0]
    reader = reading(serve(hostile.data_dir))
    page = reader.page
    page.set_viewport_size({"width": 390, "height": 844})
    main = "document.querySelector('[data-testid=stMain]')"
    for path in (
        "/?range=all",
        "/errors?range=all&code=4002",
        f"/storms?range=all&storm={storm['storm_id']}",
        f"/saturation?range=all&hour={hour['at']}",
        "/contract?range=all&kind=missing_code",
        f"/clients?client={quote(name['tenant_id'])}",
        "/sql?sql=" + quote("select tenant_id from client_conduct"),
        f"/trace?trace={HOSTILE_TRACE}",
        "/health",
    ):
        reader.open(path)
        for number, folded in enumerate(page.locator(f"{_FOLDED} summary").all(), 1):
            folded.click()
            expect(page.locator(_FOLDED).get_by_test_id("stDataFrame")).to_have_count(number)
        assert page.locator("[src*=evil], [href^='http://evil'], [onerror]").count() == 0, path
        assert page.title() != "owned", path
        assert page.get_by_text("could not be drawn").count() == 0, path
        assert page.evaluate(f"{main}.scrollWidth <= {main}.clientWidth"), path
        assert page.locator("img:not([alt])").count() == 0, path
        assert page.evaluate(_UNNAMED_CHARTS) == 0, path
        if path == "/?range=all":
            assert page.get_by_role("img", name="Retry storms, error ratio").count() == 1
            assert page.locator(_FOLDED).count() == 4
        if path.startswith("/clients"):
            assert page.get_by_text("onerror=").count() > 0


def _every_page(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, **query: str
) -> Iterator[tuple[str, Any]]:
    """Each page by its folder's name, drawn one after the other in one session."""
    app = open_app(data_dir, monkeypatch, **query)
    for name in PAGES:
        app = unfolded(app.switch_page(f"screens/{name}/page.py").run())
        assert not app.exception
        assert "could not be drawn" not in said(app), name
        yield name, app


def test_no_database_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, app in _every_page(tmp_path / "none", monkeypatch):
        assert "No database yet" in said(app) and "chertlog ingest" in said(app), name


@pytest.mark.parametrize("error", (QueryLimit("the query needs more memory"), BadQuery("no such")))
def test_a_query_that_fails_is_not_asked_for_ever(
    day: Published, monkeypatch: pytest.MonkeyPatch, error: ChertlogError
) -> None:
    app = open_app(day.data_dir, monkeypatch)
    asked = 0

    def fails(*given: object) -> None:
        nonlocal asked
        asked += 1
        raise error

    st.cache_data.clear()
    monkeypatch.setattr(data, "_slice", fails)
    app.run()
    assert asked == 1
    if isinstance(error, QueryLimit):
        assert "The query needs more memory" in said(app)
        assert app.button[-1].label == "Try again"
    else:  # the server says that the page could not be drawn: dashboard/asgi.py
        assert app.exception


def test_an_empty_database_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, app in _every_page(publish_empty(tmp_path / "data"), monkeypatch):
        assert ("The database is empty" in said(app)) is (name not in UNFILTERED), name


def test_a_newer_schema_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = "update store.meta set value = '999' where key = 'schema_version'"
    for name, app in _every_page(publish_empty(tmp_path / "data", newer), monkeypatch):
        assert "Upgrade chertlog" in said(app), name


# What the rows behind a card come to, by its label; `*` counts them.
BEHIND = {
    "Storms": "*",
    "Retries in storms": "retries",
    "Wasted attempts": "wasted_attempts",
    "Unmet demand": "unmet_operations",
    "Saturated hours": "*",
    "Responses": "*",
    "Failed operations": "*",
    "✕ Misbehaves": "*",
    "Lines read": "lines",
    "= Events": "events",
}


def test_a_full_database_draws_and_its_cards_are_doors(
    day: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = set()
    for name, app in _every_page(day.data_dir, monkeypatch, range="all"):
        assert name == "trace" or app.metric or app.get("html"), name
        for label, value, rows in _behind_cards(day, app):
            assert rows, f"{name}: {label}"
            if what := BEHIND.get(label):
                total = len(rows) if what == "*" else sum(row[what] for row in rows)
                assert value == f"{total:,}", f"{name}: {label}"
                opened.add(label)
    assert opened == BEHIND.keys()


def _behind_cards(day: Published, app: Any) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Each card with a figure: its label, the figure, and all rows that its note leads to."""
    notes = [each.proto.body for each in app.get("html") if 'class="note"' in each.proto.body]
    for card, note in zip(app.metric, notes, strict=True):
        [address] = re.findall(r'href="([^"]+)"', note) or [""]
        if card.value not in ("0", "–"):
            assert address, f"{card.label} is no door"
            if "sql=" in address:
                question = parse_qs(unescape(address).removeprefix("sql?"))["sql"][0]
                limit = question.replace("limit 100", "limit 1000000")
                yield card.label, card.value, day.rows(limit)


@pytest.fixture(scope="session")
def lonely(day: Published, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The day of one tenant alone."""
    folder = tmp_path_factory.mktemp("lonely") / "data"
    shutil.copytree(day.data_dir, folder, symlinks=True)
    alone = Published(folder)
    tenant = _saturated_tenant(day)
    tables = day.rows(
        """
        select table_name from duckdb_columns()
        where schema_name = 'store' and column_name = 'tenant_id'
            and table_name in (select table_name from duckdb_tables())
        """
    )
    alone.publish(
        ";".join(
            f"delete from store.{each['table_name']} where tenant_id is distinct from '{tenant}'"
            for each in tables
        )
    )
    return alone


def test_one_tenant_alone(lonely: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, app in _every_page(lonely.data_dir, monkeypatch, range="all"):
        if name == "overview":
            count = lonely.rows("select count(*) as n from responses")[0]["n"]
            assert {m.label: m.value for m in app.metric}["Responses"] == f"{count:,}"
    assert lonely.rows("select count(*) as n from client_conduct")[0]["n"] == 1


def test_health_stands_without_a_response(
    day: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why there is none, the rejected lines say: they are to be seen."""
    empty = publish_empty(tmp_path / "data")
    with duckdb.connect(str(empty / "chertlog.duckdb")) as con:
        con.execute(f"attach '{(day.data_dir / 'chertlog.duckdb').resolve()}' as day (read_only)")
        con.execute("insert into store.source by name select * from day.store.source limit 3")
    app = open_app(empty, monkeypatch).switch_page("screens/health/page.py").run()
    lines = Published(empty).rows("select sum(lines)::bigint as n from sources")[0]["n"]
    assert lines and {m.label: m.value for m in app.metric}["Lines read"] == f"{lines:,}"


def test_cards_lead_to_as_many_rows_as_they_say(day: Published) -> None:
    from chertlog.dashboard.frame import behind, periods
    from chertlog.dashboard.frame.filters import Filters

    newest = day.rows("select max(occurred_at) as at from responses")[0]["at"]
    period = periods.choose("1h", newest, newest)

    def count(link: str) -> int:
        question = parse_qs(link.removeprefix("sql?"))["sql"][0]
        return len(day.rows(question.replace("limit 100", "limit 1000000")))

    coverage: Any = None
    everything = Filters(coverage, "1h", period)
    truth = day.totals(60)
    assert count(behind.all_responses(everything)) == truth["responses"]
    assert count(behind.failed_operations(everything)) == truth["failed_operations"]
    narrow = Filters(coverage, "1h", period, surfaces=("hubspot",))
    truth = day.totals(60, surface="hubspot")
    assert count(behind.all_responses(narrow)) == truth["responses"]
    assert count(behind.failed_operations(narrow)) == truth["failed_operations"]
    # The hostile response bears no surface of the reference; its text is quoted, not run.
    other = Filters(coverage, "1h", period, surfaces=("other",), tenant="x' or '1' = '1")
    assert count(behind.all_responses(other)) == 0
