"""Clients: the report cards say what SQL says, in every state."""

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import HOSTILE, Published, Reader, Server
from .test_browser import _expect
from .test_pages import _figures, _open, _said

PAGE = "screens/clients/page.py"
GRAVEST = (
    "select * from client_conduct where verdict = 'misbehaves' order by grade desc, retries desc"
)


def _clients(
    day: Published, monkeypatch: pytest.MonkeyPatch, client: str = "", **query: str
) -> Any:
    app = _open(day.data_dir, monkeypatch, **query).switch_page(PAGE)
    app.run()
    if not client:
        return app
    app.query_params["client"] = client
    return app.run()


def test_verdicts_equal_sql(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = _figures(_clients(day, monkeypatch))
    for verdict in ("misbehaves", "could improve", "good", "not judged"):
        count = day.rows(
            "select count(*) as n from client_conduct where verdict = $verdict", verdict=verdict
        )[0]["n"]
        shown = next(value for name, value in figures.items() if verdict in name.lower())
        assert shown == str(count), verdict


def test_report_cards_equal_sql(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    one_of_each = "select * from client_conduct qualify row_number() over (partition by grade) = 1"
    for client in day.rows(one_of_each):
        app = _clients(day, monkeypatch, client["tenant_id"])
        assert app.selectbox(key="client-choice").value == client["tenant_id"]
        assert client["paragraph"] in [code.value for code in app.code]
        said = _said(app)
        assert f"{client['tenant_id']}: {client['verdict']}" in said
        for check in client["details"]:
            if check["finding"] != "no_jitter":
                assert f"{check['cases']:,} of {check['of_cases']:,}" in said
            for trace_id in check["trace_ids"] or []:
                assert f"trace?trace={trace_id}" in said


def test_amplification_is_that_of_the_retry_figures(
    day: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = _said(_clients(day, monkeypatch))
    for row in day.rows("select * from retry_figures where scope = 'tenant'"):
        assert row["tenant_id"] is None or f">{row['amplification']:.3f}<" in said


def test_the_gravest_case_is_opened(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    said = _said(_clients(day, monkeypatch))
    gravest = day.rows(GRAVEST)[0]
    assert "The gravest case" in said and gravest["paragraph"] in said


def test_one_tenant(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    app = _clients(day, monkeypatch, tenant="tenant-02")
    said = _said(app)
    assert "tenant-02" in said and "tenant-04" not in said
    assert sum(int(value) for value in _figures(app).values()) == 1


def test_a_client_without_retries_and_storms(
    day: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = day.rows("select tenant_id from client_conduct order by retries limit 1")[0]
    said = _said(_clients(day, monkeypatch, client["tenant_id"]))
    assert "What to send" in said and "None." in said


def test_an_unknown_client_is_said(day: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    said = _said(_clients(day, monkeypatch, "no-such-client"))
    assert "not among these" in said and "no-such-client" in said


def test_hostile_names_are_only_text(changing: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = changing.rows(GRAVEST)[0]["tenant_id"]
    for table in ("conduct_hour", "conduct_wait", "response"):
        changing.publish(
            f"update store.{table} set tenant_id = $1 where tenant_id = $2", HOSTILE, tenant
        )
    app = _clients(changing, monkeypatch, HOSTILE)
    assert not app.exception
    read = [*app.markdown, *app.caption, *app.subheader, *app.title, *app.metric]
    assert not any("evil.example" in str(element.value) for element in read)
    markup = "".join(element.proto.body for element in app.get("html"))
    assert "&lt;img src=x" in markup and "<img src=x" not in markup


@pytest.mark.browser
def test_a_link_opens_a_client_and_leads_to_the_trace(
    day: Published, server: Server, reading: Callable[[Server], Reader]
) -> None:
    client = day.rows(GRAVEST)[0]
    reader = reading(server).open(f"/clients?client={client['tenant_id']}")
    page = reader.page
    banner = page.locator(".banner h2")
    headline = f"{client['tenant_id']}: {client['verdict']}, grade {client['grade']}"
    _expect(banner).to_have_text(headline)
    _expect(page.get_by_text(client["paragraph"])).to_be_visible()
    page.reload()
    reader.settle()
    _expect(banner).to_have_text(headline)
    # Another client by its row, with the filters kept.
    page.get_by_role("radio", name="1h").click()
    reader.settle()
    other = day.rows("select * from client_conduct where verdict = 'good' limit 1")
    other = other or day.rows("select * from client_conduct order by retries limit 1")
    page.get_by_role("link", name=other[0]["tenant_id"], exact=True).click()
    _expect(banner).to_contain_text(f"{other[0]['tenant_id']}: {other[0]['verdict']}")
    assert "range=1h" in page.url and f"client={other[0]['tenant_id']}" in page.url
    page.go_back()
    reader.open(f"/clients?client={client['tenant_id']}")
    example = page.locator("td.i a").first
    trace_id = example.inner_text()
    example.click()
    _expect(page.locator(".facts")).to_contain_text(trace_id)
