"""Pictures of every screen of the dashboard, opened and empty ones too: `make shots`.

Each is taken on a desktop and on a phone, in light and in dark, the whole page long, from a real
server in a real browser. Nothing is compared: what is cut off or unreadable, an eye sees. With
--docs the pictures of the README are made anew too.
"""

import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from chertlog.dashboard.server import command
from chertlog.ingest.run import ingest
from chertlog.ingest.settings import Settings
from chertlog.ingest.simulate import write_day
from chertlog.queries import connect

SIZES = {"desktop": (1440, 900), "phone": (390, 844), "4k": (3840, 2160)}
LOOKS = ("desktop-light", "desktop-dark", "phone-light", "phone-dark")
ON_REQUEST = ("4k-light", "4k-dark")
# Longer pages are cut: a picture must still be one that a viewer opens.
LONGEST = 12_000
WAIT_MS = 60_000


DOCS = Path(__file__).resolve().parents[2] / "docs"
# What the README shows: the file there, the picture, and how much of its length.
IN_README = {
    "overview": ("overview-desktop-light", 1240),
    "errors": ("errors-code-final-desktop-light", 1240),
    "storms": ("storms-opened-desktop-dark", 1240),
    "saturation": ("saturation-desktop-light", 1240),
    "trace": ("trace-retried-desktop-light", 1240),
}


class Shot(NamedTuple):
    """A picture: its name, the address, and what to click before it is taken (CSS selectors)."""

    name: str
    path: str
    clicks: tuple[str, ...] = ()


def main() -> int:
    options = _options()
    # Stopped from outside, the servers and the browser are to be stopped too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    with (
        _data(options.data_dir) as data_dir,
        _nothing() as empty,
        _old_data() as old,
        _server(data_dir) as full,
        _server(empty) as none,
        _server(old) as stale,
        _browser() as browser,
    ):
        shots = [(full, shot) for shot in _shots(data_dir)]
        shots += [(none, Shot("state-no-database", "/")), (stale, Shot("state-stale", "/"))]
        wanted = [each for each in shots if options.only in each[1].name]
        for look in options.look or LOOKS:
            faults = _take(browser, wanted, look, out)
            print(f"{look}: {len(wanted)} pictures in {out}", *faults, sep="\n  ")
    if options.docs:
        _publish(out)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", default="shots", metavar="DIR", help="default: ./shots")
    parser.add_argument("--data-dir", metavar="DIR", help="default: two simulated days")
    parser.add_argument("--only", default="", metavar="TEXT", help="names that hold this text")
    parser.add_argument("--look", action="append", choices=LOOKS + ON_REQUEST)
    parser.add_argument("--docs", action="store_true", help="make the README's pictures of them")
    return parser.parse_args()


def _shots(data_dir: Path) -> list[Shot]:
    """Every screen, and the states it can be in, with ids that these data hold."""
    with connect(data_dir) as db:

        def one(query: str) -> Any:
            rows = db.rows(query)
            return next(iter(rows[0].values())) if rows else "none"

        storm = one("select storm_id from retry_storms order by wasted_attempts desc limit 1")
        brief = one(
            "select storm_id from retry_storms order by ended_at - started_at, retries desc limit 1"
        )
        hour = one(
            "select strftime(hour, '%Y-%m-%dT%H') from saturation_hours "
            "order by refused_operations desc limit 1"
        )
        tenant = one(
            "select tenant_id from saturation_hours order by refused_operations desc limit 1"
        )
        client = one("select tenant_id from client_conduct order by grade desc nulls last limit 1")
        kind = one(
            "select kind from contract_violations group by all order by count(*) desc limit 1"
        )
        saved = one(
            "select trace_id from responses join operations using (operation_id) where "
            "error_code = 4002 and outcome = 'succeeded' and operations.attempts > 2 limit 1"
        )
        final = one("select trace_id from responses where error_code = 1003 limit 1")
        good = one("select trace_id from responses where not is_error limit 1")
        reason = one(
            "select reason from rejected_lines group by all order by count(*) desc limit 1"
        )
    question = quote("select * from errors_by_code limit 20")
    return [
        Shot("overview", "/"),
        Shot("overview-all", "/?range=all"),
        Shot("overview-1h", "/?range=1h"),
        Shot("overview-tenant", f"/?tenant={quote(tenant)}"),
        Shot("overview-custom", "/?range=custom"),
        Shot("overview-table", "/", (".st-key-behind-errors-over-time summary",)),
        Shot("errors", "/errors"),
        Shot("errors-code", "/errors?code=4002&rows=true"),
        Shot("errors-code-final", "/errors?code=1003"),
        Shot("errors-retryable", "/errors?retryable=non-retryable&surface=hubspot"),
        Shot("storms", "/storms"),
        Shot("storms-opened", f"/storms?range=all&storm={quote(storm)}"),
        Shot("storms-brief", f"/storms?range=all&storm={quote(brief)}"),
        Shot("storms-none", "/storms?range=1h"),
        Shot("saturation", "/saturation?range=all"),
        Shot("saturation-hour", f"/saturation?range=all&hour={hour}"),
        Shot("saturation-hour-tenant", f"/saturation?range=all&hour={hour}&who={quote(tenant)}"),
        Shot("contract", "/contract?range=all"),
        Shot("contract-kind", f"/contract?range=all&kind={kind}"),
        Shot("clients", "/clients"),
        Shot("clients-opened", f"/clients?client={quote(client)}"),
        Shot("trace-empty", "/trace"),
        Shot("trace-retried", f"/trace?trace={saved}"),
        Shot("trace-final", f"/trace?trace={final}"),
        Shot("trace-good", f"/trace?trace={good}"),
        Shot("trace-unknown", "/trace?trace=0123456789ab"),
        Shot("sql-empty", "/sql"),
        Shot("sql-answer", f"/sql?sql={question}"),
        Shot("sql-refused", f"/sql?sql={quote('drop table store.response')}"),
        Shot("health", "/health"),
        Shot("health-reason", f"/health?why={quote(reason)}"),
        Shot("state-no-match", "/?range=custom&from=2020-01-01T00:00&to=2020-01-02T00:00"),
    ]


def _take(browser: Any, shots: list[tuple[str, Shot]], look: str, out: Path) -> list[str]:
    """The pictures of one look; what the browser complained of meanwhile."""
    device, theme = look.rsplit("-", 1)
    width, height = SIZES[device]
    faults: list[str] = []
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        timezone_id="UTC",
        locale="en-GB",
        reduced_motion="reduce",
    )
    context.set_default_timeout(WAIT_MS)
    for url, shot in shots:
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        faults += [f"{shot.name}: {each}" for each in _picture(page, url, shot, height)]
        page.screenshot(path=out / f"{shot.name}-{look}.png")
        page.close()
    context.close()
    return faults


def _picture(page: Any, url: str, shot: Shot, height: int) -> list[str]:
    """Bring the page to what the picture is of, and to its whole length; what is wrong with it."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(url + shot.path)
    _settle(page)
    for click in shot.clicks:
        page.click(click)
        _settle(page)
    faults += [f"wider than the screen: {each}" for each in page.evaluate(_TOO_WIDE)]
    width = page.viewport_size["width"]
    page.set_viewport_size({"width": width, "height": min(_length(page, height), LONGEST)})
    _settle(page)
    return faults


def _publish(out: Path) -> None:
    """The README’s pictures: shorter, in 256 colours, so that they are small."""
    from PIL import Image

    for name, (shot, length) in IN_README.items():
        path = out / f"{shot}.png"
        if path.exists():
            picture = Image.open(path).convert("RGB")
            picture = picture.crop((0, 0, picture.width, min(picture.height, length)))
            colours = picture.quantize(256, Image.Quantize.FASTOCTREE)
            colours.save(DOCS / f"{name}.png", optimize=True)


def _settle(page: Any) -> None:
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    late = "document.querySelectorAll('[data-stale=\"true\"],[data-testid=stSkeleton]').length"
    page.wait_for_function(f"{late} === 0")
    page.wait_for_timeout(700)  # canvases are drawn in the frames after


def _length(page: Any, least: int) -> int:
    length = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    return max(int(length), least)


# Elements that reach over the right edge of the page without a box of their own to scroll in.
_TOO_WIDE = """
() => {
    const edge = document.documentElement.clientWidth + 1;
    const scrolls = (e) => {
        for (let p = e.parentElement; p; p = p.parentElement) {
            const flow = getComputedStyle(p).overflowX;
            if (p.dataset.testid === 'stMain') return false;
            if (['auto', 'scroll', 'hidden', 'clip'].includes(flow)) return true;
        }
        return false;
    };
    return [...document.querySelectorAll('[data-testid=stMain] *')]
        .filter(e => e.getBoundingClientRect().right > edge && !scrolls(e))
        .slice(0, 3)
        .map(e => e.tagName + ' ' + (e.innerText || e.className || '').toString().slice(0, 60));
}
"""


@contextlib.contextmanager
def _data(named: str | None) -> Iterator[Path]:
    """The data directory named, else two simulated days: the second has one to compare with."""
    if named:
        yield Path(named)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Up to an hour ago: two days later every page would say that its data are stale.
        start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=50)
        write_day(folder / "logs", hours=49, rps=0.7, corrupt=0.001, start=start, seed=2)
        ingest([str(folder / "logs")], Settings(folder / "data"), final=True)
        yield folder / "data"


@contextlib.contextmanager
def _old_data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_day(folder / "logs", hours=1, rps=0.7)
        ingest([str(folder / "logs")], Settings(folder / "data"), final=True)
        yield folder / "data"


@contextlib.contextmanager
def _nothing() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@contextlib.contextmanager
def _server(data_dir: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command(data_dir, port), stdout=log, stderr=log, start_new_session=True
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process)
            yield url
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(10)


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/_stcore/health"):
            return
        time.sleep(0.2)
    sys.exit("The dashboard did not start: try `chertlog dashboard` to see why.")


@contextlib.contextmanager
def _browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    if chromium is None:
        sys.exit("There is no Chromium: run .ci/tools browser, or name one in CHROMIUM.")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield browser
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
