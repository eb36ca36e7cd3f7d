"""What all tests share: an environment of their own, repeatable properties, the browser's path."""

import fcntl
import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import settings

# A developer's own settings must not reach a test.
for name in [name for name in os.environ if name.startswith("CHERTLOG_")]:
    del os.environ[name]
# One key for all databases, so that two of them can be compared.
os.environ["CHERTLOG_PSEUDONYM_KEY"] = "0123456789abcdef0123456789abcdef"

# No deadline: the time one example takes says more about the neighbours on a shared machine than
# about the code. In CI the examples are the same in every run.
settings.register_profile("chertlog", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("chertlog")


@pytest.fixture(scope="session", autouse=True)
def _prepared_work_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """New work databases of this process are copies of one in which schema and views are made.

    Making them takes more than a second of processor time, and hundreds of tests begin with a new
    database. Commands in processes of their own make theirs as users' do.
    """
    from chertlog.ingest import work
    from chertlog.queries.apply import apply_views, create_schema

    template = tmp_path_factory.mktemp("template") / "work.duckdb"
    really = work.attach
    with duckdb.connect() as con:
        really(con, template, "work")
        con.execute("use work")
        create_schema(con)
        apply_views(con)
        con.execute("checkpoint work; use memory; detach work")

    def attach(con: Any, path: Path, name: str) -> None:
        if name == "work" and not path.exists():
            shutil.copy(template, path)
        really(con, path, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "attach", attach)
        yield


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Any]]:
    """Makes a folder once for all workers of a run: `made_once(name, make)`, `make(folder)`.

    Gives the folder, and what `make` returned. Who changes anything in it takes a copy.
    """
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent

    def made(name: str, make: Callable[[Path], Any]) -> tuple[Path, Any]:
        folder, told = base / name, base / f"{name}.pickle"
        with (base / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not told.exists():
                folder.mkdir()
                told.write_bytes(pickle.dumps(make(folder)))
        return folder, pickle.loads(told.read_bytes())

    return made


@pytest.fixture(scope="session")
def chromium() -> str:
    """The Chromium that browser tests drive, for Playwright's `executable_path`."""
    path = shutil.which(os.environ.get("CHROMIUM") or "chromium")
    if path is None:
        pytest.fail("no Chromium: `make test` installs one, CHROMIUM=/path/to/chromium names one")
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """A running Chromium; one a process, since Playwright knows no second."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=20_000)  # two cores, and more workers than those
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    flags += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--headless", *flags])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def spelled() -> Callable[[str, Random], str]:
    """Spells a number in one of the ways that people and programs write it."""
    return _spelled


def _spelled(number: str, chance: Random) -> str:
    """A number with country code in one of the ways that people and programs write it."""
    digits = number
    if number[0] == "1" and chance.random() < 0.4:
        digits = number[1:]  # as written inside North America
        opening = ""
    else:
        opening = chance.choice(["+", "", "00", "011"])
    between = chance.choice(["", " ", "-", ".", "\u00a0", "\u2011"])
    parts, rest = [], digits
    while rest:
        size = chance.randrange(1, 5)
        parts.append(rest[:size])
        rest = rest[size:]
    if chance.random() < 0.3:
        parts[0] = f"({parts[0]})"
    text = opening + between.join(parts)
    zero = chance.choice([0x30, 0x30, 0x0660, 0x06F0, 0x0966, 0xFF10])
    text = "".join(chr(zero + int(c)) if c in "0123456789" else c for c in text)
    return chance.choice(["", "", "tel:", "sms:", " "]) + text + chance.choice(["", " "])
