"""What files may cost: memory stays under 1.5 GB, and time grows with the input, not faster.

The long forms, at full size, run in `make torture`.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from logs import Logs
from stand import COMMAND, Said, Stand

from chertlog.ingest import run as run_module
from chertlog.ingest.simulate import write_day

PEAK_MB = 1500


@dataclass(frozen=True)
class Cost:
    """What a process took: the most memory it held, in MB, and seconds of processor and clock."""

    peak_mb: float
    cpu_s: float
    wall_s: float

    def __str__(self) -> str:
        return f"peak {self.peak_mb:,.0f} MB, {self.cpu_s:.0f} CPU s, {self.wall_s:.0f} s"


@pytest.fixture
def logs(request: pytest.FixtureRequest) -> Logs:
    return Logs("bounds")


@pytest.fixture
def measured(stand: Stand, record_property: Any) -> Callable[..., tuple[Said, Cost]]:
    """Run `chertlog ingest` as a process and hold it to the memory limit."""

    def run(*arguments: object) -> tuple[Said, Cost]:
        began = time.monotonic()
        with (stand.home / "stderr").open("w+") as stderr:
            command = [*COMMAND, "ingest", *map(str, arguments)]
            process = subprocess.Popen(command, stderr=stderr, cwd=stand.home)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            stderr.seek(0)
            words = stderr.read()
        wall = time.monotonic() - began
        cost = Cost(used.ru_maxrss / 1024, used.ru_utime + used.ru_stime, wall)
        record_property("got", f"exit {process.returncode}; {cost}")
        assert cost.peak_mb < PEAK_MB, cost
        return stand._keep(Said(process.returncode, words), arguments), cost

    return run


def test_one_line_of_100_mb(
    stand: Stand, logs: Logs, measured: Callable[..., tuple[Said, Cost]], is_long: bool
) -> None:
    """Rejected as too long with its beginning; the lines around it are accepted."""
    size = (100 if is_long else 20) << 20
    one, two, three, four = logs.answered(2)
    long = logs.app("10:00:00", "note", "long", detail="x" * size)
    path = stand.write("long.log", one, two, long, three, four)
    said, _ = measured(path)
    assert said.exit_code == 0
    assert stand.rejected(path) == {3: "too_long"}
    assert stand.traces("bounds") == ["0", "1"]


def test_nesting_of_millions(
    stand: Stand, logs: Logs, measured: Callable[..., tuple[Said, Cost]], is_long: bool
) -> None:
    """Accounted for without a crash; the lines around it are accepted."""
    depth = 1_000_000 if is_long else 300_000
    deep = logs.app("10:00:00", "note", "deep", detail="@").replace(
        b'"@"', b"[" * depth + b"]" * depth
    )
    maps = logs.app("10:00:00", "note", "maps", detail="@").replace(
        b'"@"', b'{"a":' * (depth // 4) + b"1" + b"}" * (depth // 4)
    )
    cut = logs.app("10:00:00", "note", "cut", detail="@").replace(b'"@"}', b"[" * depth)
    path = stand.write("deep.log", *logs.answered(1), deep, maps, cut, *logs.answered(1, first=1))
    said, _ = measured(path)
    assert said.exit_code == 0
    assert said.counts["lines"] == 7
    assert {"0", "1"} <= set(stand.traces("bounds"))


def test_nesting_just_below_the_longest_line(
    only_long: None, stand: Stand, logs: Logs, measured: Callable[..., tuple[Said, Cost]]
) -> None:
    """Lines of 7 to 14 MB with a value in every byte or two do not keep a run from loading."""
    depth = 7 << 20
    line = logs.app("10:00:00", "note", "deep", detail="@")
    deep = line.replace(b'"@"', b"[" * depth + b"]" * depth)
    maps = line.replace(b'"@"', b'{"a":' * (depth // 4) + b"1" + b"}" * (depth // 4))
    cut = line.replace(b'"@"}', b"[" * depth)
    path = stand.write("deep.log", *logs.answered(1), deep, maps, cut, *logs.answered(1, first=1))
    said, _ = measured(path)
    assert said.exit_code == 0
    assert stand.rejected(path) == {3: "too_dense", 4: "too_dense", 5: "too_dense"}
    assert stand.traces("bounds") == ["0", "1"]


def test_many_small_files(
    stand: Stand, logs: Logs, measured: Callable[..., tuple[Said, Cost]], is_long: bool
) -> None:
    """100,000 files, in batches; offered again, nothing is loaded."""
    count = 100_000 if is_long else 520
    for number in range(count):
        stand.write(f"{number % 100}/{number}.log", logs.sent("10:00:00", number))
    said, _ = measured(stand.home / "logs")
    assert said.files("loaded") == count
    said, _ = measured(stand.home / "logs")
    assert said.files("already loaded") == count
    assert stand.sql("select count(*) from responses where tenant_id = 'tenant-bounds'") == [
        (count,)
    ]


def test_files_that_begin_alike_share_batches(
    stand: Stand, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a file that could go on another's content waits for the next batch."""
    head = logs.app("09:00:00", "service.started")
    for number in range(60):
        stand.write(f"{number}.log", head, logs.sent("10:00:00", number))
    grown = stand.write("grown.log", head, logs.sent("10:00:00", 1), logs.sent("10:00:00", "new"))
    batches: list[int] = []
    load = run_module.load_batch

    def counted(con: Any, items: Any, *arguments: Any, **named: Any) -> None:
        batches.append(len(items))
        load(con, items, *arguments, **named)

    monkeypatch.setattr(run_module, "load_batch", counted)
    assert stand.ingest(stand.home / "logs").exit_code == 0
    assert batches == [60, 1]
    assert stand.counts(grown) == [3, 1, 0, 0, 2]


def test_a_million_tenants(
    stand: Stand, logs: Logs, measured: Callable[..., tuple[Said, Cost]], is_long: bool
) -> None:
    """Each with one answer: every table by tenant gets as many rows."""
    count = 1_000_000 if is_long else 4_000
    template = logs.sent("10:00:00", "@trace", tenant_id="@tenant")

    def lines() -> Iterator[bytes]:
        for number in range(count):
            name = b"%07d" % number
            yield template.replace(b"@trace", name).replace(b"@tenant", b"t" + name)

    path = stand.write("tenants.log")
    with path.open("wb") as file:
        file.writelines(lines())
    said, _ = measured(path, "--final")
    assert said.exit_code == 0
    assert said.counts["events"] == count
    assert stand.sql(
        "select count(distinct tenant_id) from responses where tenant_id like 't0%'"
    ) == [(count,)]


@pytest.fixture
def only_long(is_long: bool) -> None:
    if not is_long:
        pytest.skip("nothing but size: `make torture` does it")


@pytest.mark.timeout(7200)
def test_gigabytes(
    only_long: None,
    stand: Stand,
    measured: Callable[..., tuple[Said, Cost]],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    """Memory is flat however long a file is. (`make torture ARGS='--gigabytes 10'`.)"""
    write_day(tmp_path / "day", hours=3, rps=1.0)
    day = b"".join(
        path.read_bytes() for path in sorted((tmp_path / "day" / "app").glob("*.ndjson"))
    )
    path = stand.write("big.log")
    lines = 0
    with path.open("wb") as file:
        copy = 0
        while file.tell() < request.config.getoption("--gigabytes") * 1e9:
            mark = b"%03d" % copy
            file.write(
                day.replace(b'"trace_id":"', b'"trace_id":"' + mark)
                .replace(b'"X-Trace-ID":"', b'"X-Trace-ID":"' + mark)
                .replace(b"2026-11-21T", b"2026-%02d-%02dT" % (copy // 28 % 12 + 1, copy % 28 + 1))
            )
            lines += day.count(b"\n")
            copy += 1
    said, _ = measured(path, "--final")
    assert said.exit_code == 0
    assert said.counts["lines"] == lines
