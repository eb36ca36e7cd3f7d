"""Find on the trace screen: what it finds, and that the number it is asked for stays nowhere."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import chertlog.dashboard
from chertlog.queries import finding
from chertlog.queries.pseudonyms import pseudonym_of_recipient

from .conftest import Published, Reader, Server

APP = Path(next(iter(chertlog.dashboard.__path__))) / "app.py"


@pytest.fixture
def copy(day: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Published:
    """The day in a data directory with a record of its own."""
    shutil.copytree(day.data_dir, tmp_path / "data", symlinks=True)
    (tmp_path / "data" / "audit.log").unlink(missing_ok=True)
    monkeypatch.setenv("CHERTLOG_DATA_DIR", str(tmp_path / "data"))
    return Published(tmp_path / "data")


@pytest.fixture(scope="session")
def number(day: Published) -> str:
    """A recipient's number, as the logs of the day have it."""
    for file in sorted((day.data_dir.parent / "logs" / "app").glob("*.ndjson")):
        if found := re.search(r'"to":"(\+1\d{10})"', file.read_text("utf-8")):
            return found[1]
    pytest.fail("no number in the logs")


def _page() -> Any:
    app = AppTest.from_file(str(APP), default_timeout=30)
    return app.run().switch_page("screens/trace/page.py").run()


def _search(app: Any, **boxes: Any) -> Any:
    for name, value in boxes.items():
        kind = {"tenant": app.selectbox, "within": app.selectbox, "errors": app.checkbox}
        kind.get(name, app.text_input)(key=f"find-{name}").set_value(value)
    app = app.button[0].click().run()
    assert not app.exception
    return app


def _said(app: Any) -> str:
    kinds = (app.subheader, app.text, app.code, app.caption, app.get("html"))
    return "\n".join(
        str(getattr(each, "value", "") or each.proto.body) for kind in kinds for each in kind
    )


def _traces(app: Any) -> list[str]:
    return re.findall(r'href="trace\?trace=(\w+)"', "".join(e.proto.body for e in app.get("html")))


def test_a_number_leads_to_its_traces_and_is_forgotten(copy: Published, number: str) -> None:
    pseudonym = pseudonym_of_recipient(number, copy.data_dir)
    truth = copy.rows(
        "select trace_id from responses where recipient = $who order by occurred_at desc, trace_id "
        "limit 50",
        who=pseudonym,
    )
    spelled = f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    app = _search(_page(), number=spelled)
    assert sorted(_traces(app)) == sorted(row["trace_id"] for row in truth) != []
    # Neither the page nor what the session keeps nor the record has it.
    kept = [_said(app), repr(app.session_state), str(app.query_params)]
    kept += [(copy.data_dir / "audit.log").read_text(), str([e.value for e in app.text_input])]
    assert not [text for text in kept for said in (number, number[2:], spelled) if said in text]
    entry = json.loads((copy.data_dir / "audit.log").read_text().splitlines()[-1])
    assert (entry["did"], entry["door"], entry["recipient"]) == ("find", "dashboard", pseudonym)


def test_by_tenant_time_and_code(copy: Published) -> None:
    (row,) = copy.rows(
        "select tenant_id, date_trunc('minute', received_at) as at from responses "
        "where error_code = 4002 order by occurred_at limit 1"
    )
    found = copy.rows(
        "select trace_id from responses where tenant_id = $tenant and error_code = 4002 "
        "and received_at between $at::timestamp - interval 15 minutes "
        "and $at::timestamp + interval 15 minutes",
        tenant=row["tenant_id"],
        at=row["at"],
    )
    asked = {"tenant": row["tenant_id"], "code": "4002", "around": f"{row['at']:%H:%M}"}
    app = _search(_page(), **asked)
    assert sorted(_traces(app)) == sorted(each["trace_id"] for each in found)[:50] != []
    app = _search(app, code="9999")
    assert "Not found" in _said(app)


def test_what_cannot_be_asked_is_said(copy: Published) -> None:
    app = _page()
    for boxes, words in (
        ({}, "name a tenant, a number, or both"),
        ({"tenant": "tenant-02", "code": "4002x"}, "a code is a number"),
        ({"code": "", "around": "noon"}, "is no time"),
        ({"around": "0001-01-01"}, "is no time"),
    ):
        app = _search(app, **boxes)
        assert words in _said(app)


def test_numbers_are_limited_as_on_the_command_line(
    copy: Published, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "LOOKUPS_PER_HOUR", 1)
    app = _search(_page(), number=number)
    assert _traces(app)
    app = _search(app, number=number)
    assert "1 numbers were looked up within the last hour" in _said(app)
    assert not app.text_input(key="find-number").value
    assert _traces(_search(app, tenant="tenant-02"))


def test_without_the_key_it_says_what_to_do(
    copy: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHERTLOG_PSEUDONYM_KEY")
    app = _page()
    assert app.text_input(key="find-number").disabled
    assert "may not read its key" in _said(app)
    assert "chertlog find --recipient -" in _said(app)
    assert _traces(_search(app, tenant="tenant-02"))


@pytest.mark.browser
def test_found_in_a_browser_and_opened(
    server: Server, reading: Callable[[Server], Reader], number: str
) -> None:
    from playwright.sync_api import expect

    reader = reading(server).open("/trace")
    page = reader.page
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.get_by_label("Recipient's number").fill(number)
    page.get_by_role("button", name="Find").click()
    first = page.locator(".st-key-found td.i a").first
    expect(first).to_be_visible()
    expect(page.get_by_label("Recipient's number")).to_have_value("")
    assert number[2:] not in page.content()
    trace_id = first.inner_text()
    first.click()
    expect(page.locator(".facts")).to_contain_text(trace_id)
    assert page.url.endswith(f"/trace?trace={trace_id}")
    assert not [url for url in [*sent, page.url] if number[2:] in url]
    assert number[2:] not in server.log.read_text()
