"""What reading each format costs: bytes of log per CPU second, beside Chert's own NDJSON.

Lines of a sample are repeated to some megabytes, in memory; each is read as loading reads it (lines
found, wrappers taken off, fields parsed and redacted) into a table that is thrown away, on one
thread. Quoted is the best of several runs, taken in turn (A B C … A B C …), so that all formats
meet the same neighbours. A ratio above 3 is marked.

    make bench ONLY=formats
    make bench ONLY=formats ARGS='--megabytes 16 --runs 5'
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path

import duckdb
import pyarrow as pa
from measure import machine

from chertlog.ingest.blocks import Progress, line_batches
from chertlog.ingest.detection import detect
from chertlog.ingest.formats import Format, formats
from chertlog.ingest.privacy import Key, install
from chertlog.ingest.wrapper import Peeler, schema_within

SAMPLES = Path(__file__).parents[2] / "sample_logs"
BASE = "app"
LIMIT = 3.0


@dataclass
class Case:
    """A log of one format. `modified_at` and `path` are what wrappers ask of a file."""

    name: str
    format: Format
    data: bytes
    path: Path = Path("bench.log")
    modified_at: float = 1795305600.0
    best: float = float("inf")  # CPU seconds
    lines: int = 0

    def read(self, con: duckdb.DuckDBPyConnection) -> None:
        began = time.process_time()
        batches = line_batches(BytesIO(self.data), 1, Progress())
        layers = self.format.wrappers
        if layers:
            batches = Peeler(layers, self, self.data).peel(batches)
        con.register("lines", pa.RecordBatchReader.from_batches(schema_within(layers), batches))
        con.execute(
            "create or replace temp table found as select * exclude (context), hash(context) "
            f"from ({self.format.sql})"
        )
        con.unregister("lines")
        self.best = min(self.best, time.process_time() - began)
        counted = "select count(*), count(*) filter (reject_reason <> 'blank') from found"
        self.lines, rejected = con.execute(counted).fetchall()[0]
        assert rejected <= self.lines / 2, (self.name, rejected, self.lines)

    @cached_property
    def line_bytes(self) -> float:
        return len(self.data) / max(1, self.lines)


def cases(size: int) -> Iterator[Case]:
    known = formats()
    app = next((SAMPLES / "day" / "app").glob("*T05.ndjson")).read_bytes()
    folder = SAMPLES / "formats"
    files = [p for p in sorted(folder.iterdir()) if p.suffix not in (".gz", ".zst")]
    for name, data in [(BASE, app), *((p.name, p.read_bytes()) for p in files)]:
        found = detect(data, known)
        assert found is not None, name
        yield Case(f"{found.format.name} ({name})", found.format, repeated(data, size))


def repeated(data: bytes, size: int) -> bytes:
    """The lines over and over; a list of documents only once opened and closed."""
    if data.startswith(b"["):
        inner = data.strip()[1:-1].strip()
        return b"[\n  " + b",\n  ".join(itertools.repeat(inner, size // len(inner) + 1)) + b"\n]\n"
    whole = data if data.endswith(b"\n") else data + b"\n"
    return whole * (size // len(whole) + 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--megabytes", type=float, default=8)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="formats whose name has this in it")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    given = parser.parse_args()
    con = duckdb.connect()
    con.execute("set threads = 1")
    con.execute("set TimeZone = 'UTC'")
    con.execute("set enable_progress_bar = false")
    install(con, Key(b"0123456789abcdef0123456789abcdef"))
    all_ = [
        c for n, c in enumerate(cases(int(given.megabytes * 1e6))) if not n or given.only in c.name
    ]
    for _ in range(given.runs):
        for case in all_:
            case.read(con)
    base = len(all_[0].data) / all_[0].best
    rows = [
        {
            "format": case.name,
            "bytes_per_line": round(case.line_bytes),
            "mb_per_cpu_s": round(len(case.data) / case.best / 1e6, 1),
            "times": round(base / (len(case.data) / case.best), 2),
            "us_per_line": round(case.best / case.lines * 1e6, 2),
        }
        for case in all_
    ]
    if given.json:
        given.json.write_text(json.dumps(machine() | {"formats": rows}, indent=2) + "\n")
    print(f"{'format':52}{'bytes/line':>11}{'MB/CPU s':>10}{'x app':>7}{'µs/line':>9}")
    for row in sorted(rows, key=lambda row: float(str(row["times"]))):
        mark = "  over" if float(str(row["times"])) > LIMIT else ""
        print(
            f"{row['format']:52}{row['bytes_per_line']:>11}{row['mb_per_cpu_s']:>10}"
            f"{row['times']:>7}{row['us_per_line']:>9}{mark}"
        )


if __name__ == "__main__":
    main()
