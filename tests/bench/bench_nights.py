"""What one more day costs on top of history, and what a database weighs.

A new day is loaded into an empty database and into histories of several lengths, each with the same
traffic a day (history.py copies one day's events). Stages are those of `chertlog ingest --timings`;
the publication copies the whole file, so it is told apart, by the gigabyte.

    make bench ONLY=nights
    make bench ONLY=nights ARGS='--days 0 28 365 --rps 0.5 --runs 3'
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import duckdb
from history import publish_history
from measure import machine, ratio

from chertlog.ingest.simulate import DEFAULT_START, write_day

# In a process of its own, as every night is. CPU seconds tell less about the neighbours.
LOAD = """
import json, resource, sys
from pathlib import Path
from chertlog.ingest.run import ingest
from chertlog.ingest.settings import Settings
found = ingest([sys.argv[1]], Settings(Path(sys.argv[2])), final=True)
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({**found.timings, "peak": usage.ru_maxrss * 1024}))
"""
PUBLISHING = "publishing"
DAY_SECONDS = 86_400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--days", type=int, nargs="+", default=[0, 28, 365])
    parser.add_argument("--rps", type=float, default=0.5, help="responses a second, of every day")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="chertlog-bench-") as name:
        folder = Path(name)
        tomorrow = DEFAULT_START + timedelta(days=1)
        write_day(folder / "day", seed=8, rps=options.rps, start=tomorrow)
        found = [_nights(folder, days, options.rps, options.runs) for days in options.days]
    _compare(found)
    if options.json:
        figures = machine() | {"rps": options.rps, "runs": options.runs, "histories": found}
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def _nights(folder: Path, days: int, rps: float, runs: int) -> dict[str, object]:
    """One more day on so many days, `runs` times from the same state."""
    history = folder / f"history-{days}"
    if days:
        publish_history(history, round(days * rps * DAY_SECONDS), rps)
    loads = []
    for _ in range(runs):
        data = folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        if days:
            shutil.copytree(history, data, symlinks=True)
        loads.append(_load(folder / "day" / "app", data))
    figures = {
        "days": days,
        "loads": [sum(_without(load, PUBLISHING, "peak").values()) for load in loads],
        "stages": {
            stage: round(statistics.median(load[stage] for load in loads), 3) for stage in loads[0]
        },
    } | _weighed(folder / "data")
    shutil.rmtree(history, ignore_errors=True)
    return figures


def _load(log: Path, data: Path) -> dict[str, float]:
    command = [sys.executable, "-c", LOAD, str(log), str(data)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(out.splitlines()[-1])
    return found


def _without(load: dict[str, float], *stages: str) -> dict[str, float]:
    return {stage: seconds for stage, seconds in load.items() if stage not in stages}


def _weighed(data: Path) -> dict[str, object]:
    """Bytes of the published database; of `store.response` against Parquet of the same columns."""
    published = (data / "chertlog.duckdb").resolve()
    parquet = data / "response.parquet"
    with duckdb.connect(str(published), read_only=True) as con:
        (responses,) = con.execute("select count(*) from store.response").fetchall()[0]
        con.execute(f"copy store.response to '{parquet}' (compression zstd)")
        (blocks,) = con.execute(
            "select count(distinct block_id) from pragma_storage_info('store.response')"
            " where block_id >= 0"
        ).fetchall()[0]
    return {
        "published": published.stat().st_size,
        "responses": responses,
        "response_table": blocks * 262_144,
        "response_parquet": parquet.stat().st_size,
    }


def _compare(found: list[dict[str, object]]) -> None:
    print(f"{'history':>9}{'responses':>12}{'MB':>8}{'load s':>9}{'times':>7}{'publish s/GB':>14}")
    for each in found:
        loads: list[float] = each["loads"]  # type: ignore[assignment]
        stages: dict[str, float] = each["stages"]  # type: ignore[assignment]
        published: int = each["published"]  # type: ignore[assignment]
        times = ratio(loads, found[0]["loads"])["median"]  # type: ignore[arg-type]
        print(
            f"{each['days']:>7} d{each['responses']:>12,}{published / 1e6:>8,.0f}"
            f"{statistics.median(loads):>9.2f}{times:>7.2f}"
            f"{stages[PUBLISHING] / published * 1e9:>14.2f}"
        )
        print("          " + ", ".join(f"{k} {v:.2f}" for k, v in stages.items() if k != "peak"))


if __name__ == "__main__":
    main()
