"""How long a night takes: app NDJSON to a published database, beside a bare read_json.

Both run in processes of their own, in turn (A B A B …), on the same file; quoted are medians, and
the ratio pair by pair, which holds when the machine's speed drifts. Memory is the peak of the whole
process in the same run, under the memory limit that chertlog ships with.

The peer, DuckDB's read_json with all columns declared (its fastest form), fills one table. It does
not hash the content, number lines, keep bad lines, recognise repeated ones, redact, merge the lines
of a trace, rebuild retry chains, check, or publish.

    make bench
    make bench ARGS='--lines 10000000 --runs 3'
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from chertlog.ingest.simulate import write_day

LINES_PER_RESPONSE = 2.79  # of the simulated application log
BARE = """
import duckdb, sys
con = duckdb.connect(sys.argv[2])
con.execute("set preserve_insertion_order = false")
con.execute(f'''create table lines as select * from read_json('{sys.argv[1]}',
    format = 'newline_delimited', maximum_object_size = 16777216, columns = {{
    ts: 'TIMESTAMP', level: 'VARCHAR', event: 'VARCHAR', service: 'VARCHAR', version: 'VARCHAR',
    host: 'VARCHAR', trace_id: 'VARCHAR', tenant_id: 'VARCHAR', surface: 'VARCHAR',
    "http.method": 'VARCHAR', "http.route": 'VARCHAR', "http.path": 'VARCHAR',
    "http.user_agent": 'VARCHAR', client_ip: 'VARCHAR', idempotency_key: 'VARCHAR',
    body_hash: 'VARCHAR', "to": 'VARCHAR', "text": 'VARCHAR', delivery_service: 'VARCHAR',
    internal_code: 'VARCHAR', detail: 'VARCHAR', line: 'VARCHAR', "lines": 'JSON',
    error_type: 'VARCHAR', stack: 'VARCHAR', "http.status": 'SMALLINT', duration_ms: 'DOUBLE',
    "response.headers": 'JSON', "response.body": 'JSON'}})''')
con.close()
"""


@dataclass(frozen=True)
class Run:
    """Figures of one whole process: seconds and bytes."""

    wall: float
    cpu: float
    peak: int
    stored: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chertlog-bench-") as folder:
        log = _one_log(Path(folder), options.lines)
        lines, size = _count(log), log.stat().st_size
        print(f"{lines:,} lines, {size / 1e6:,.0f} MB, {os.cpu_count()} cores, {_versions()}")
        bare: list[Run] = []
        ours: list[Run] = []
        for number in range(options.runs + 1):
            pair = _bare(log, Path(folder)), _ours(log, Path(folder))
            if number:  # the first pair warms the page cache
                bare.append(pair[0])
                ours.append(pair[1])
        figures = _figures(bare, ours, lines, size)
    _print(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def _one_log(folder: Path, lines: int) -> Path:
    """One application log of about so many lines, from the simulator."""
    day = folder / "day"
    write_day(day, seed=7, hours=24, rps=lines / LINES_PER_RESPONSE / 86_400)
    log = folder / "app.ndjson"
    with log.open("wb") as out:
        for path in sorted((day / "app").iterdir()):
            with _opened(path) as part:
                shutil.copyfileobj(part, out, 1 << 20)
    shutil.rmtree(day)
    return log


def _opened(path: Path):  # type: ignore[no-untyped-def]
    import gzip

    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _count(path: Path) -> int:
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def _bare(log: Path, folder: Path) -> Run:
    target = folder / "bare.duckdb"
    target.unlink(missing_ok=True)
    run = _measure([sys.executable, "-c", BARE, str(log), str(target)])
    return Run(*run, target.stat().st_size)


def _ours(log: Path, folder: Path) -> Run:
    data = folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    command = [sys.executable, "-m", "chertlog.ingest", "ingest", str(log), "--final", "--quiet"]
    run = _measure([*command, "--data-dir", str(data)])
    return Run(*run, (data / "chertlog.duckdb").resolve().stat().st_size)


def _measure(command: list[str]) -> tuple[float, float, int]:
    """Wall seconds, CPU seconds and peak bytes of a command; a failed one stops the benchmark."""
    began = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit(f"failed: {' '.join(command)}")
    wall = time.perf_counter() - began
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def _figures(bare: list[Run], ours: list[Run], lines: int, size: int) -> dict[str, object]:
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "versions": _versions(),
        "lines": lines,
        "bytes": size,
        "read_json": _medians(bare),
        "chertlog": _medians(ours),
        "wall_ratio": _ratio([b.wall for b in bare], [o.wall for o in ours]),
        "cpu_ratio": _ratio([b.cpu for b in bare], [o.cpu for o in ours]),
    }


def _medians(runs: list[Run]) -> dict[str, float]:
    return {
        name: round(statistics.median(getattr(run, name) for run in runs), 3)
        for name in ("wall", "cpu", "peak", "stored")
    }


def _ratio(bare: list[float], ours: list[float]) -> dict[str, float]:
    pairs = sorted(o / b for b, o in zip(bare, ours, strict=True))
    middle = statistics.median(pairs)
    return {"min": round(pairs[0], 2), "median": round(middle, 2), "max": round(pairs[-1], 2)}


def _versions() -> str:
    return f"chertlog {version('chertlog')}, DuckDB {version('duckdb')}, Python " + (
        platform.python_version()
    )


def _print(figures: dict[str, object]) -> None:
    print(f"{'':<12}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'stored MB':>11}")
    for name in ("read_json", "chertlog"):
        row = figures[name]
        assert isinstance(row, dict)
        peak, stored = row["peak"] / 1e6, row["stored"] / 1e6
        print(f"{name:<12}{row['wall']:>9.2f}{row['cpu']:>9.2f}{peak:>9,.0f}{stored:>11,.1f}")
    for name in ("wall_ratio", "cpu_ratio"):
        row = figures[name]
        assert isinstance(row, dict)
        print(f"{name:<12}{row['median']:>9.2f}   (min {row['min']:.2f}, max {row['max']:.2f})")


if __name__ == "__main__":
    main()
