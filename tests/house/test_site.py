"""The documentation site: it builds strictly, its reference is complete, its pages ask nobody."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from chertlog.ingest.cli import app
from chertlog.queries.seed_files import read_seed
from chertlog.queries.sql_files import read_folder

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def shown(page: Path) -> str:
    return unescape(re.sub(r"<[^>]+>", "", page.read_text("utf-8")))


def test_the_reference_is_complete(site: Path) -> None:
    views = shown(site / "reference" / "views.html")
    for each in read_folder("views"):
        assert re.search(rf"^{each.name}¶", views, re.M), each.name
        for column, text in each.columns.items():
            assert column in views and " ".join(text.split()) in views, (each.name, column)
    for each in read_folder("macros"):
        assert re.search(rf"^{each.name}\(.*\)¶", views, re.M), each.name
    said = shown(site / "reference" / "commands.html")
    for command in app.registered_commands:
        name = command.name or getattr(command.callback, "__name__", "")
        assert f"chertlog {name}¶" in said and f"chertlog {name} [OPTIONS]" in said, name
    parameters = shown(site / "reference" / "parameters.html")
    assert all(f"\n{row['parameter']}\n" in parameters for row in read_seed("parameters"))
    codes = shown(site / "reference" / "codes.html")
    assert all(f"\n{row['error_code']}\n" in codes for row in read_seed("error_codes"))


def test_every_page_can_be_reached_from_the_first(site: Path) -> None:
    pages = {path for path in site.rglob("*.html") if path.name != "404.html"}
    first = (site / "index.html").read_text("utf-8")
    linked = {
        (site / href.partition("#")[0]).resolve() for href in re.findall(r'href="([^":]+)"', first)
    }
    assert pages - linked - {site / "index.html"} == set()
    assert {path.stem for path in pages} >= {"tutorial", "storms", "report", "views", "overview"}
    assert not (site / "hooks.py").exists()


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    """No style, script, font or picture of another host in any page or style sheet."""
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        loaded = re.findall(
            r"<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)=\"([^\"]+)", text
        )
        assert [each for each in loaded if re.match(r"(?:https?:)?//", each)] == [], page.name
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\([\"']?(?:https?:)?//|@import", sheet.read_text("utf-8"))


@pytest.fixture
def served(site: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.browser
def test_a_browser_asks_nobody_else(served: str, browser: Any) -> None:
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    for path in ("index.html", "storms.html", "reference/views.html"):
        page.goto(f"{served}/{path}", wait_until="networkidle")
    page.locator("input.md-search__input").click()  # loads the index
    page.keyboard.type("amplification")
    page.locator(".md-search-result__item").first.wait_for(timeout=60_000)
    page.close()
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith((served, "data:", "blob:"))] == []
