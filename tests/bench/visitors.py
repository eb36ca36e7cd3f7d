"""People at a running dashboard: clients that speak Streamlit's protocol, and one real browser."""

from __future__ import annotations

import socket
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

TENANT_FILTER = "Tenant"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]


@dataclass
class Visit:
    """What one run of a page took, seconds; `metric` until its first figure, if it has one."""

    whole: float
    metric: float | None
    failed: bool


class Visitor:
    """One open page, without the cost of a browser."""

    def __init__(self, url: str, page: str, query: str) -> None:
        self._page, self._query = page, query
        self._tenant_widget = ""
        self._socket: ClientConnection = connect(
            f"ws{url.removeprefix('http')}/_stcore/stream",
            origin=url,  # type: ignore[arg-type]
            subprotocols=["streamlit"],  # type: ignore[list-item]
            max_size=None,
        )

    def visit(self, tenant: str | None = None) -> Visit:
        """Run the page as a browser does when it opens it, or when its tenant filter changes."""
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_name = self._page
        if tenant:
            if not self._tenant_widget:
                raise RuntimeError(f"page {self._page or 'overview'} has no tenant filter")
            state = message.rerun_script.widget_states.widgets.add()
            state.id, state.string_value = self._tenant_widget, tenant
        began = time.perf_counter()
        self._socket.send(message.SerializeToString())
        metric, failed = None, False
        while True:
            answer = ForwardMsg.FromString(bytes(self._socket.recv(timeout=120)))  # type: ignore
            kind = answer.WhichOneof("type")
            if kind == "delta":
                element = answer.delta.new_element
                failed |= element.WhichOneof("type") == "exception"
                if element.WhichOneof("type") == "metric" and metric is None:
                    metric = time.perf_counter() - began
                if element.selectbox.label == TENANT_FILTER:
                    self._tenant_widget = element.selectbox.id
            elif kind == "script_finished":
                return Visit(time.perf_counter() - began, metric, failed)

    def close(self) -> None:
        self._socket.close()


def free_port() -> int:
    """A port of the loopback address that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_served(url: str, seconds: float = 60) -> bool:
    """Wait until a server answers; False if it does not within so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return True
        except OSError:
            time.sleep(0.1)
    return False


def crowd(
    urls: list[str], people: int, pages: list[str], ranges: list[str], tenants: list[str]
) -> tuple[list[Visit], list[Visit]]:
    """Everyone opens a page at the same moment, then everyone changes the tenant filter.

    People keep to one of several dashboards, as a proxy in front would have it.
    """
    visitors = [
        Visitor(urls[n % len(urls)], pages[n % len(pages)], f"range={ranges[n % len(ranges)]}")
        for n in range(people)
    ]
    with ThreadPoolExecutor(people) as pool:
        opened = list(pool.map(lambda visitor: visitor.visit(), visitors))
        changes = [tenants[n % len(tenants)] for n in range(people)]
        changed = list(pool.map(Visitor.visit, visitors, changes))
    for visitor in visitors:
        visitor.close()
    return opened, changed


def in_a_browser(url: str, chromium: str, path: str) -> tuple[float, float]:
    """Seconds to the first figure and to the full page, in a browser with an empty cache."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        began = time.perf_counter()
        page.goto(url + path)
        page.wait_for_selector('[data-testid="stMetricValue"]', timeout=120_000)
        metric = time.perf_counter() - began
        done = '[data-testid="stApp"][data-test-script-state="notRunning"]'
        page.wait_for_selector(done, timeout=120_000)
        late = "document.querySelectorAll('[data-stale=\"true\"],[data-testid=stSkeleton]').length"
        page.wait_for_function(f"{late} === 0", timeout=120_000)
        whole = time.perf_counter() - began
        browser.close()
    return metric, whole
