"""What these tests share: stands, the long forms, and the table that `make torture` ends with."""

from __future__ import annotations

import inspect
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.markup import escape
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))  # logs, stand, oracle …

from killing import Night, run_to
from logs import Logs, label_of
from stand import Stand, copy_of, make_earlier

from chertlog.ingest.simulate import write_day


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="the long forms of the torture tests")
    parser.addoption("--gigabytes", type=float, default=1.0, help="of the largest file (1)")


@pytest.fixture(scope="session")
def is_long(request: pytest.FixtureRequest) -> bool:
    """Whether this is `make torture`."""
    return bool(request.config.getoption("--long", default=False))


@pytest.fixture(scope="session", autouse=True)
def _quick() -> Iterator[None]:
    """Nothing waits for the disk where no plug is pulled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


@pytest.fixture(scope="session")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Stand:
    """The database that every case finds; copied, never written to."""
    return make_earlier(tmp_path_factory.mktemp("earlier"))


@pytest.fixture
def logs(request: pytest.FixtureRequest) -> Logs:
    """Lines of this case alone."""
    return Logs(label_of(request.node.name))


@pytest.fixture
def stand(
    earlier: Stand,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Any,
) -> Iterator[Stand]:
    """A stand of its own, held to the four invariants when the case is over."""
    monkeypatch.chdir(tmp_path)
    stand = copy_of(earlier, tmp_path)
    yield stand
    try:
        record_property("got", stand.assert_invariants())
    finally:
        stand.close()


@pytest.fixture(autouse=True)
def _expected(request: pytest.FixtureRequest, record_property: Any) -> None:
    doc = inspect.getdoc(request.function) or ""
    record_property("expected", " ".join(doc.split("\n\n")[0].split()))


@pytest.fixture(scope="session")
def night(earlier: Stand, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """A few damaged hours to load, and what an undisturbed run makes of them."""
    folder = tmp_path_factory.mktemp("night")
    write_day(folder / "logs", seed=57, hours=1, rps=0.05, corrupt=0.04)
    stand = copy_of(earlier, folder)
    code, names = run_to(stand, folder / "logs", 0)
    assert code == 0
    stand.close()
    return Night(folder / "logs", stand.export(), len(names), names)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """End `make torture` with a table: case, expected, got; and what it all came to."""
    if not config.getoption("--long", default=False):
        return
    rows: dict[str, dict[str, str]] = {}
    totals: Counter[str] = Counter()
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            name = report.nodeid.rpartition("::")[2]
            row = rows.setdefault(name, {"expected": "", "got": "", "outcome": ""})
            for key, value in report.user_properties:
                if key in row:
                    row[key] = str(value)
                elif report.when == "call":
                    totals[key] += value
            if outcome != "passed" or report.when == "call":
                row["outcome"] = outcome if outcome != "passed" else row["outcome"] or "ok"
    table = Table("case", "expected", "got", "", title="Torture", title_justify="left")
    for name, row in sorted(rows.items()):
        table.add_row(*map(escape, (name, row["expected"], row["got"], row["outcome"])))
    console = Console(width=max(120, Console().width), highlight=False)
    console.print(table)
    numbers = {int(name.split("_")[1]) for name in rows if name.startswith("case_")}
    totals["numbered cases"] = len(numbers)
    console.print(", ".join(f"{what}: {count:,}" for what, count in sorted(totals.items())))
