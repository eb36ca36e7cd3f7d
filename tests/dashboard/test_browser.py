"""The dashboard as people meet it: a real server, a real browser."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import FORMULA, HOSTILE, HOSTILE_TRACE, ONE_MORE, Published, Reader, Server

pytestmark = pytest.mark.browser

Reading = Callable[[Server], Reader]


def _expect(locator: Any) -> Any:
    from playwright.sync_api import expect

    return expect(locator)


def _shows(reader: Reader, truth: dict[str, Any]) -> None:
    _expect(reader.figure("Responses")).to_have_text(f"{truth['responses']:,}")
    _expect(reader.figure("Error ratio")).to_have_text(f"{truth['error_ratio']:.2%}")
    _expect(reader.figure("Failed operations")).to_have_text(f"{truth['failed_operations']:,}")


def test_figures_equal_sql_through_filters_and_reload(
    day: Published, server: Server, reading: Reading
) -> None:
    reader = reading(server).open("/?range=all")
    _shows(reader, day.totals(24 * 60))
    page = reader.page
    page.get_by_role("radio", name="1h").click()
    _shows(reader, day.totals(60))
    page.get_by_role("button", name="hubspot").click()
    hubspot = day.totals(60, surface="hubspot")
    _shows(reader, hubspot)
    assert page.url.endswith("/?range=1h&surface=hubspot")
    page.reload()
    reader.settle()
    _shows(reader, hubspot)
    # Another page and back: the filters hold.
    page.get_by_role("link", name="Trace look-up").click()
    _expect(page.get_by_role("searchbox")).to_be_visible()
    page.get_by_role("link", name="Overview").click()
    _shows(reader, hubspot)


def test_codes_and_surfaces_equal_sql_and_lead_on(
    day: Published, server: Server, reading: Reading
) -> None:
    reader = reading(server).open("/?range=all")
    page = reader.page
    for fact in day.rows("select * from errors_by_code where error_code is not null limit 5"):
        row = page.locator("tr").filter(has_text=f"{fact['error_code']} {fact['error_type']}")
        _expect(row).to_contain_text(f"{fact['errors']:,}")
        _expect(row).to_contain_text(f"{fact['share']:.1%}")
    surface = day.rows("select * from errors_by_surface where surface = 'v1'")[0]
    row = page.locator("tr").filter(has=page.get_by_role("link", name="v1", exact=True))
    _expect(row).to_contain_text(f"{surface['error_ratio']:.2%}")
    _csv_equals_sql(day, reader)
    row.get_by_role("link").click()
    _expect(page.locator("h3.panel").first).to_contain_text(f"{surface['errors']:,} errors")
    assert page.url.endswith("/errors?range=all&surface=v1")
    reader.open("/?range=all&surface=v1")
    latest = page.locator("td.i a").nth(1)
    trace_id = latest.inner_text()
    latest.click()
    _expect(page.locator(".facts")).to_contain_text(trace_id)
    assert page.url.endswith(f"/trace?trace={trace_id}")


def _csv_equals_sql(day: Published, reader: Reader) -> None:
    panel = reader.page.locator(".st-key-behind-error-codes")
    panel.get_by_text("Table and CSV").click()
    reader.settle()  # a button that is drawn anew while it is clicked gives nothing
    with reader.page.expect_download() as download:
        panel.get_by_role("button", name="Download CSV").click()
    lines = Path(download.value.path()).read_text().splitlines()
    first = day.rows("select * from errors_by_code limit 1")[0]
    assert lines[0].startswith("error_code,error_type,meaning,errors,share")
    assert lines[1].startswith(f"{first['error_code']},{first['error_type']},")
    assert len(lines) == 1 + day.rows("select count(*) as n from errors_by_code")[0]["n"]


def test_deep_link_to_a_trace_on_a_cold_server(
    day: Published, serve: Callable[[Path], Server], reading: Reading
) -> None:
    error = day.rows(
        "select * from responses where error_code = 1003 and list_contains(seen_in, 'app') limit 1"
    )[0]
    reader = reading(serve(day.data_dir)).open(f"/trace?trace={error['trace_id']}")
    page = reader.page
    _expect(page.locator(".banner h2")).to_contain_text("Failed with 1003 INVALID_PHONE")
    _expect(page.locator(".timeline")).to_contain_text("request.received")
    _expect(page.get_by_text(f"(trace_id {error['trace_id']})")).to_be_visible()
    # The frame is whole: a deep link did not run the page without it.
    _expect(page.get_by_role("link", name="Overview")).to_be_visible()


def test_a_pasted_body_becomes_its_trace_id(
    day: Published, server: Server, reading: Reading
) -> None:
    trace_id = day.rows("select trace_id from responses where error_code = 1007 limit 1")[0][
        "trace_id"
    ]
    reader = reading(server).open("/trace")
    box = reader.page.get_by_role("searchbox")
    box.fill(json.dumps({"success": False, "error": {"code": 1007}, "trace_id": trace_id.upper()}))
    box.press("Enter")
    _expect(reader.page.locator(".banner h2")).to_contain_text("Failed with 1007")
    reader.settle()
    assert reader.page.url.endswith(f"/trace?trace={trace_id}")
    box.fill("0123456789ab")
    box.press("Enter")
    _expect(reader.page.get_by_text("No log holds this trace")).to_be_visible()
    _expect(reader.page.get_by_text("If it is newer, wait for the next ingest")).to_be_visible()


def test_log_text_is_only_text(server: Server, reading: Reading) -> None:
    reader = reading(server).open(f"/trace?trace={HOSTILE_TRACE}")
    page = reader.page
    _expect(page.locator(".facts")).to_contain_text(HOSTILE)
    _expect(page.locator(".timeline")).to_contain_text(FORMULA)
    for path in ("/?range=all&surface=other", "/trace", None):
        assert page.locator("[src*=evil], [href*='//evil'], [onerror]").count() == 0
        assert page.title() != "owned"
        if path:
            reader.open(path)


def test_publications_are_noticed(
    changing: Published, tmp_path: Path, serve: Callable[[Path], Server], reading: Reading
) -> None:
    served = tmp_path / "served"
    reader = reading(serve(served)).open("/?range=all")
    _expect(reader.page.get_by_text("No database yet")).to_be_visible()
    served.symlink_to(changing.data_dir)
    before = changing.totals(24 * 60)
    _expect(reader.figure("Responses")).to_have_text(f"{before['responses']:,}", timeout=10_000)
    changing.publish(ONE_MORE, 2, "feedfacecafe", "tenant-01")
    more = f"{before['responses'] + 1:,}"
    _expect(reader.figure("Responses")).to_have_text(more, timeout=10_000)


def test_nothing_is_wider_than_a_phone(server: Server, reading: Reading) -> None:
    reader = reading(server)
    reader.page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/?range=all", f"/trace?trace={HOSTILE_TRACE}", "/trace"):
        reader.open(path)
        main = "document.querySelector('[data-testid=stMain]')"
        assert reader.page.evaluate(f"{main}.scrollWidth <= {main}.clientWidth"), path
