"""Runs contenders in turn, each in a process of its own, and compares them pair by pair.

A round runs every contender once (A B C A B C …); the first round warms the page cache and does not
count. Quoted are medians; ratios are taken within a round, which holds when the machine's speed
drifts. Memory is the peak of the whole process in the same run, children it waited for included.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """Figures of one whole process: seconds and bytes."""

    wall: float
    cpu: float
    peak: int
    stored: int = 0


@dataclass(frozen=True)
class Contender:
    """A command, what it leaves behind, and what of the same work it does not do."""

    name: str
    command: Sequence[str]
    output: Path | None = None  # removed before each run
    stored: Callable[[], Path] | None = None  # what of it is kept, if not all
    lacks: str = ""


def interleaved(contenders: Sequence[Contender], runs: int) -> dict[str, list[Run]]:
    """All contenders, `runs` times each and once before that, by name."""
    found: dict[str, list[Run]] = {each.name: [] for each in contenders}
    for number in range(runs + 1):
        for each in contenders:
            print(f"\r\x1b[K  {each.name}, round {number} of {runs}", end="", file=sys.stderr)
            run = _run(each)
            if number:
                found[each.name].append(run)
    print("\r\x1b[K", end="", file=sys.stderr)
    return found


def _run(contender: Contender) -> Run:
    output = contender.output
    if output is not None:
        shutil.rmtree(output, ignore_errors=True)
        output.unlink(missing_ok=True)
    wall, cpu, peak = measured(contender.command)
    kept = contender.stored() if contender.stored else output
    return Run(wall, cpu, peak, _bytes(kept) if kept else 0)


def measured(command: Sequence[str]) -> tuple[float, float, int]:
    """Wall seconds, CPU seconds and peak bytes of a command; one that fails stops the benchmark."""
    with Path(os.devnull).open("wb") as nowhere:
        said = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), 1)]
        began = time.perf_counter()
        pid = os.posix_spawnp(command[0], command, os.environ, file_actions=said)
        _, status, usage = os.wait4(pid, 0)
        wall = time.perf_counter() - began
    if status:
        sys.exit(f"failed: {' '.join(command)}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def _bytes(path: Path) -> int:
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(each.stat().st_size for each in files)


def medians(runs: Sequence[Run]) -> dict[str, float]:
    """Of each figure."""
    return {
        name: round(statistics.median(getattr(run, name) for run in runs), 3)
        for name in ("wall", "cpu", "peak", "stored")
    }


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """How many times as much ours took, round by round."""
    rounds = sorted(one / other for one, other in zip(ours, theirs, strict=True))
    return {
        "min": round(rounds[0], 3),
        "median": round(statistics.median(rounds), 3),
        "max": round(rounds[-1], 3),
    }


def milliseconds(ask: Callable[[], object]) -> float:
    """How long a question takes."""
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def forget(path: Path) -> None:
    """Take a file out of the page cache of the machine."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def machine() -> dict[str, str]:
    """What the figures were measured on, and with."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "machine": f"{os.cpu_count()} cores ({platform.machine()}), {memory / 2**30:.0f} GiB",
        "versions": ", ".join(
            [
                *(f"{name} {version(name)}" for name in ("chertlog", "duckdb", "streamlit")),
                f"Python {platform.python_version()}",
            ]
        ),
    }
