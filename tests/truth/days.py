"""`python tests/truth/days.py`: simulated days, loaded, and held to their truth. For people and CI.

Owns the run over many days and the table at its end; what is compared, and the bars, are in
compare.py. Every other day is damaged: one line in a hundred. A row of the table is one figure
over all days, with the day that did worst. Exit code: 0 all bars met, 1 one was missed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from compare import Comparison, compare
from rich.console import Console
from rich.table import Table
from second import compare_second

from chertlog.ingest.privacy import KEY_VARIABLE
from chertlog.ingest.run import ingest
from chertlog.ingest.settings import Settings
from chertlog.ingest.simulate import DEFAULT_START, write_day

CORRUPT = 0.01
KEY = "0123456789abcdef0123456789abcdef"  # of throw-away databases


@dataclass(frozen=True)
class Day:
    """What to simulate."""

    seed: int
    hours: float
    rps: float
    corrupt: float
    from_hour: int = 0

    def __str__(self) -> str:
        return f"seed {self.seed}" + (", damaged" if self.corrupt else "")


def run_day(day: Day, folder: Path) -> tuple[int, list[Comparison]]:
    """Simulate, load, compare; the folder is left to the caller. Gives the responses as well."""
    os.environ.setdefault(KEY_VARIABLE, KEY)
    logs = folder / "logs"
    summary = write_day(
        logs,
        seed=day.seed,
        hours=day.hours,
        rps=day.rps,
        corrupt=day.corrupt,
        start=DEFAULT_START + timedelta(hours=day.from_hour),
    )
    results = compare(load(folder / "data", logs), logs)
    if not day.corrupt:
        # The second computation reads the application log; so must the database it is held to.
        alone = load(folder / "alone", logs / "app")
        results += compare_second(alone, logs / "app")
    return summary.responses, results


def load(data: Path, *paths: Path) -> Path:
    """The database published of these logs."""
    ingest([str(path) for path in paths], Settings(data), final=True)
    return data / "chertlog.duckdb"


def _in_process(day: Day) -> tuple[int, list[Comparison]]:
    folder = Path(tempfile.mkdtemp(prefix="chertlog-truth-"))
    try:
        return run_day(day, folder)
    finally:
        shutil.rmtree(folder)


def table(results: Iterable[tuple[Day, list[Comparison]]]) -> Table:
    """One row a figure: on how many days its bar was met, and the worst of them, else the first."""
    of: dict[str, list[tuple[Day, Comparison]]] = {}
    for day, comparisons in results:
        for comparison in comparisons:
            of.setdefault(comparison.figure, []).append((day, comparison))
    made = Table(title="Simulated days against their truth", title_justify="left")
    for name in ("", "figure", "bar", "days", "judged", "worst day", "truth", "found", "note"):
        made.add_column(name, overflow="fold")
    for figure, rows in of.items():
        missed = [row for row in rows if not row[1].passes]
        day, shown = min(missed or rows, key=lambda row: (-row[1].off, row[0].seed))
        made.add_row(
            "[red]missed[/]" if missed else ("[green]met[/]" if shown.bar else ""),
            figure,
            shown.bar or "told only",
            f"{len(rows) - len(missed)}/{len(rows)}",
            f"{sum(comparison.judged for _, comparison in rows):,}",
            str(day),
            shown.truth,
            shown.found,
            shown.note,
            style=None if shown.bar else "dim",
        )
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description="Hold simulated days to their truth.")
    parser.add_argument("--days", type=int, default=20)
    parser.add_argument(
        "--seed", type=int, default=1, help="of the first day; the next has the next"
    )
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--rps", type=float, default=1.0, help="mean of responses per second")
    parser.add_argument("--at-a-time", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args()
    days = [
        Day(options.seed + n, options.hours, options.rps, CORRUPT if n % 2 else 0.0)
        for n in range(options.days)
    ]
    began = time.perf_counter()
    results: list[tuple[Day, list[Comparison]]] = []
    responses = 0
    with ProcessPoolExecutor(max(1, options.at_a_time)) as pool:
        waiting = {pool.submit(_in_process, day): day for day in days}
        for done in as_completed(waiting):
            day = waiting[done]
            count, comparisons = done.result()
            responses += count
            results.append((day, comparisons))
            missed = [c.figure for c in comparisons if not c.passes]
            print(
                f"{len(results)}/{len(days)} {day}: {count:,} responses, "
                + (
                    f"missed: {', '.join(missed)}"
                    if missed
                    else f"{len(comparisons)} figures right"
                ),
                file=sys.stderr,
                flush=True,
            )
    results.sort(key=lambda result: result[0].seed)
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(table(results))
    missed = sum(not c.passes for _, comparisons in results for c in comparisons)
    judged = sum(bool(c.bar) for _, comparisons in results for c in comparisons)
    console.print(
        f"{len(days)} days, {responses:,} responses, {judged:,} comparisons judged,"
        f" {missed} missed, in {time.perf_counter() - began:.0f} s."
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
