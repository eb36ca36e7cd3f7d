"""How long people wait for an answer: every view, the trace look-up, and the commands' own start.

Views with a row per line, response or operation are asked for their first thousand rows; all others
are read whole. Cold is a new connection with the file out of the machine's page cache.

    make bench ONLY=queries ARGS='--responses 10000000'
    make bench ONLY=queries ARGS='--data-dir chertlog-data'
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import sys
import tempfile
from pathlib import Path

from history import publish_history
from measure import forget, machine, measured, milliseconds

from chertlog.queries import connect
from chertlog.queries.database import Connection
from chertlog.queries.relations import relations

# One row per line, response, operation or attempt: nobody reads them whole.
LONG = 50_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--responses", type=int, default=1_000_000)
    parser.add_argument("--data-dir", type=Path, help="ask this published database instead")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="chertlog-bench-") as folder:
        data_dir = options.data_dir or Path(folder) / "data"
        if options.data_dir is None:
            publish_history(data_dir, options.responses)
        figures = machine() | {
            "views": _views(data_dir, options.runs),
            "trace": _traces(data_dir),
            "commands": _commands(data_dir, options.runs),
        }
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def _views(data_dir: Path, runs: int) -> list[dict[str, object]]:
    print(f"{'view':<24}{'rows':>10}{'cold ms':>9}{'warm ms':>9}")
    found = []
    with connect(data_dir) as db:
        names = [each.name for each in relations(db) if each.kind == "view"]
        sizes = {name: db.rows(f'select count(*) as n from "{name}"')[0]["n"] for name in names}
    for name in names:
        sql = f'select * from "{name}"' + (" limit 1000" if sizes[name] > LONG else "")
        forget((data_dir / "chertlog.duckdb").resolve())
        with connect(data_dir) as db:
            cold = milliseconds(lambda db=db, sql=sql: db.arrow(sql))  # type: ignore[misc]
            warm = _asked(db, sql, runs)
        found.append({"view": name, "rows": sizes[name], "cold": cold, "warm": warm})
        print(f"{name:<24}{sizes[name]:>10,}{cold:>9.0f}{warm:>9.1f}", flush=True)
    return found


def _asked(db: Connection, sql: str, runs: int) -> float:
    return round(statistics.median(milliseconds(lambda: db.arrow(sql)) for _ in range(runs)), 2)


def _traces(data_dir: Path) -> dict[str, float]:
    """Look-ups of traces from all over the data, each asked once."""
    with connect(data_dir) as db:
        sample = "select trace_id from responses where trace_id is not null using sample 200"
        ids = [row["trace_id"] for row in db.rows(sample)]
        taken = sorted(
            milliseconds(lambda one=one: db.rows("from trace($1)", [one])) for one in ids
        )  # type: ignore[misc]
    figures = {"p50": taken[len(taken) // 2], "p95": taken[int(len(taken) * 0.95)]}
    print(f"\ntrace look-up: p50 {figures['p50']:.1f} ms, p95 {figures['p95']:.1f} ms")
    return figures


def _commands(data_dir: Path, runs: int) -> dict[str, float]:
    chertlog = [sys.executable, "-m", "chertlog.ingest"]
    asked = {
        'sql "SELECT 1"': ["sql", "SELECT 1", "--data-dir", str(data_dir)],
        "--help": ["--help"],
    }
    found = {}
    for name, arguments in asked.items():
        taken = [measured([*chertlog, *arguments])[0] for _ in range(runs + 1)][1:]
        found[name] = round(statistics.median(taken), 3)
        print(f"chertlog {name}: {found[name]:.2f} s")
    return found


if __name__ == "__main__":
    main()
