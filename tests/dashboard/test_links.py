"""Links are followed without a reload, below a sub-path too; the address says everything."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from .conftest import Published, Reader, Server

pytestmark = pytest.mark.browser

Reading = Callable[[Server], Reader]


def _expect(locator: Any) -> Any:
    from playwright.sync_api import expect

    return expect(locator)


def test_a_link_is_followed_without_a_reload_and_back_leads_back(
    day: Published, serve: Callable[..., Server], reading: Reading
) -> None:
    reader = reading(serve(day.data_dir, "/chertlog")).open("/?range=all")
    page = reader.page
    page.evaluate("window.isTheSame = true")
    code = day.rows("select error_code, errors from errors_by_code limit 1")[0]
    page.locator("td a").first.click()
    banner = page.locator(".banner h2").first
    _expect(banner).to_contain_text(f"{code['error_code']} ")
    _expect(banner).to_contain_text(f"{code['errors']:,} errors")
    assert page.url.endswith(f"/chertlog/errors?range=all&code={code['error_code']}")
    # Narrower: the filters of the bar are those of the address.
    page.locator("a.heat").nth(1).click()
    _expect(page.get_by_role("button", name="Open a code")).to_have_count(0)
    reader.settle()
    surface = page.url.partition("surface=")[2].partition("&")[0]
    chosen = page.locator(
        ".st-key-surface [aria-pressed=true], .st-key-surface [aria-checked=true]"
    )
    _expect(chosen).to_have_text(surface)
    trace = page.locator("td.i a").first
    trace_id = trace.inner_text()
    trace.click()
    _expect(page.locator(".facts")).to_contain_text(trace_id)
    page.go_back()
    _expect(chosen).to_have_text(surface)
    page.go_back()
    _expect(banner).to_contain_text(f"{code['errors']:,} errors")
    page.go_back()
    _expect(reader.figure("Responses")).to_be_visible()
    assert page.evaluate("window.isTheSame") is True
    # With a key held down it is the browser's: another tab.
    with page.context.expect_page() as other:
        page.locator("td a").first.click(modifiers=["Control"])
    other.value.close()


def test_the_readers_zone_on_request(day: Published, server: Server, reading: Reading) -> None:
    """The browser of these tests stands in Tokyo, nine hours ahead."""
    last = day.rows("select max(occurred_at) as at from responses")[0]["at"]
    reader = reading(server).open("/?range=1h")
    page = reader.page
    freshness = page.locator(".st-key-freshness")
    _expect(freshness).to_contain_text(f"{last:%H:%M} UTC")
    page.get_by_role("radio", name="Asia/Tokyo").click()
    there = f"{last + timedelta(hours=9):%H:%M} Tokyo time"
    _expect(freshness).to_contain_text(there)
    _expect(page.get_by_role("columnheader", name="Last seen (Tokyo time)")).to_be_visible()
    reader.settle()
    assert "tz=Asia%2FTokyo" in page.url
    # The figures are the same; a link keeps the zone, and so does another browser.
    shown = reader.figure("Responses").inner_text()
    assert shown == f"{day.totals(60)['responses']:,}"
    page.locator("td a").first.click()
    _expect(page.get_by_role("columnheader", name="Sent (Tokyo time)")).to_be_visible()
    assert "tz=Asia%2FTokyo" in page.url
    page.get_by_role("radio", name="UTC", exact=True).click()
    _expect(freshness).to_contain_text(f"{last:%H:%M} UTC")


def test_everything_can_be_reached_by_keyboard(server: Server, reading: Reading) -> None:
    page = reading(server).open("/?range=all").page
    reached = []
    for _ in range(90):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(_FOCUSED))
    said = "\n".join(reached)
    for name in ("Skip to main", "Errors", "24h", "hubspot", "Tenant", "A link: 4002", "CSV"):
        assert name in said, name
    link = page.locator("td a").first
    link.focus()
    page.keyboard.press("Enter")
    _expect(page.locator(".banner h2").first).to_contain_text("of those selected")


# What has the focus, as a reader would be told.
_FOCUSED = """
() => {
    const e = document.activeElement;
    const name = e.getAttribute('aria-label') || e.innerText || e.title || '';
    const kind = e.tagName === 'A' ? 'A link: ' : '';
    return kind + name + ' ' + (e.closest('label')?.innerText || '');
}
"""
