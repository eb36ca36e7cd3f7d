"""`python tests/torture/fuzz.py --minutes 10`: damaged lines against the readers, without end.

Each round makes a file of mutated lines, cuts it into blocks at odd places, lets a reader's SQL
parse it, and compares with the slow parser in oracle.py: every line accounted for once, with its
number and offset; the same reason for those that are rejected; the same times, statuses and error
fields for the others. A file on which the two differ, or a reader fails, is made as small as it
goes and written to --out; from there it belongs into sample_logs/damage, with a test.

Exit code: 0 nothing found, 1 something.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import oracle
import pyarrow as pa
from logs import Logs

from chertlog.ingest import blocks
from chertlog.ingest.blocks import SCHEMA, Progress, line_batches
from chertlog.ingest.detection import detect
from chertlog.ingest.formats import formats
from chertlog.ingest.log_format import SHIPPED
from chertlog.ingest.privacy import Key, install

FORMATS = ("app", "nginx:chert", "otlp")
LINES = 120  # of a file: planning one statement costs as much as reading so many
SAMPLES = Path(__file__).parents[2] / "sample_logs"
COMPARED = ("occurred_at", "http_status", "is_error", "error_code", "retryable")
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 4002, "4002", 1e308, 10**20, "", "-", " ", "\0", "\n", "\\", '"',
    "NaN", "null", "{}", [], {}, [[]], [None], {"code": 1}, {"error": {}}, "🙂", "\ud83d", "é" * 40,
    "2026-11-21T10:00:00Z", "2026-02-30T10:00:00Z", "1969-12-31T23:59:59Z", "soon", "x" * 5000,
)  # fmt: skip
TOKENS = (
    b"{", b"}", b"[", b"]", b'"', b"\\", b",", b":", b"}{", b"} {", b"null", b"NaN", b"1e999",
    b"\\u0000", b"\\ud800", b"\xff", b"\xc3", b"\xe2\x80\xa8", b"\0", b"\r", b"\r\n", b"\n", b" \t",
    b"\xef\xbb\xbf", b'"ts":', b'"event":"",', b"trace_id=", b"-", b"+9999", b"0" * 30,
    b"[21/Nov/2026:10:00:60 +0000]",
)  # fmt: skip


class Bytes:
    """A stream that hands out no more than it likes."""

    def __init__(self, data: bytes, most: int) -> None:
        self._data, self._most = data, most

    def read(self, size: int, /) -> bytes:
        size = min(size, self._most)
        part, self._data = self._data[:size], self._data[size:]
        return part


class Readers:
    """The readers' SQL on bytes; nothing is stored."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        self.con.execute("set TimeZone = 'UTC'")
        self.con.execute("set threads = 1")
        install(self.con, Key(b"0123456789abcdef0123456789abcdef"))
        nothing = pa.Table.from_batches([], SCHEMA)
        assert nothing.num_rows == 0
        self.con.execute("create table lines as from nothing")
        for known in formats(SHIPPED):
            if known.name in FORMATS:
                self.con.execute(f'prepare "{known.name}" as from ({known.sql}) order by all')

    def run(self, name: str, data: bytes, block: int, most: int) -> list[dict[str, Any]]:
        """One row per line, or record, as a reader makes it."""
        usual, blocks.BLOCK_BYTES = blocks.BLOCK_BYTES, block
        try:
            progress = Progress()
            found = pa.Table.from_batches(line_batches(Bytes(data, most), 1, progress), SCHEMA)
        finally:
            blocks.BLOCK_BYTES = usual
        assert (progress.content_bytes, found.schema) == (len(data), SCHEMA)
        self.con.execute("truncate lines")
        self.con.execute("insert into lines from found")
        result = self.con.execute(f'execute "{name}"')
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


@dataclass
class Found:
    """A file on which reader and oracle differ."""

    format: str
    data: bytes
    what: str


def seeds() -> dict[str, list[bytes]]:
    """Good lines of each format, and the damaged samples that were found before."""
    logs = Logs("fuzz")
    bodies: list[Any] = [
        {
            "success": False,
            "error": {"code": 4002, "status": 503, "retryable": True, "retry_after": 9},
        },
        {"ok": False, "code": 3001, "message": "No.", "retryable": False, "trace_id": "x"},
        {"status": "failed", "code": 1007, "retryable": True, "retry_after": 30},
        {"outputFields": {"ok": "false", "code": 2008, "retryable": True}},
        {"success": True, "data": {"code": 1}},
        json.dumps({"success": False, "error": {"code": "3002", "retryable": None}}),
    ]
    found = {
        "app": [*logs.answered(3), logs.app("10:00:00", "service.heartbeat")]
        + [logs.sent("10:00:00", n, 503, response__body=body) for n, body in enumerate(bodies)],
        "nginx:chert": [
            logs.edge("10:00:00", 1),
            logs.edge("10:00:01", status=499, upstream="0.1, 0.2"),
        ],
        "otlp": [
            logs.otlp(*(logs.record("10:00:00", n) for n in range(3))),
            logs.otlp(logs.record("10:00:01", 9, 503)),
        ],
    }
    prefixes = {"app": "app-", "nginx:chert": "nginx-", "otlp": "otlp-"}
    for name, prefix in prefixes.items():
        for path in sorted((SAMPLES / "damage").glob(f"{prefix}*")):
            found[name] += [line + b"\n" for line in path.read_bytes().split(b"\n") if line]
    return found


def mutate(lines: list[bytes], chance: random.Random) -> bytes:
    """A file of about LINES lines, most of them damaged."""
    file = []
    for _ in range(LINES):
        line = chance.choice(lines)
        for _ in range(chance.choice((0, 1, 1, 1, 2, 4))):
            line = chance.choice(MUTATIONS)(line, lines, chance)
        file.append(line)
    data = b"".join(file)
    return data[: chance.randrange(len(data))] if chance.random() < 0.1 else data


def _flip(line: bytes, lines: list[bytes], chance: random.Random) -> bytes:
    at = chance.randrange(len(line) or 1)
    return line[:at] + bytes([chance.randrange(256)]) + line[at + 1 :]


def _drop(line: bytes, lines: list[bytes], chance: random.Random) -> bytes:
    at = chance.randrange(len(line) or 1)
    return line[:at] + line[at + chance.choice((1, 1, 2, 10, 1000)) :]


def _insert(line: bytes, lines: list[bytes], chance: random.Random) -> bytes:
    at = chance.randrange(len(line) + 1)
    return line[:at] + chance.choice(TOKENS) + line[at:]


def _splice(line: bytes, lines: list[bytes], chance: random.Random) -> bytes:
    other = chance.choice(lines)
    return line[: chance.randrange(len(line) + 1)] + other[chance.randrange(len(other)) :]


def _repeat(line: bytes, lines: list[bytes], chance: random.Random) -> bytes:
    at = chance.randrange(len(line) or 1)
    size = chance.choice((1, 5, 60))
    return line[:at] + line[at : at + size] * chance.choice((2, 3, 200)) + line[at + size :]


def _change_value(line: bytes, lines: list[bytes], chance: random.Random) -> bytes:
    """Another value somewhere in the object, another key, or a key twice."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return _insert(line, lines, chance)
    if not isinstance(value, dict):
        return line
    inner: Any = value
    while True:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        if not keys:
            return line
        key = chance.choice(keys)
        if isinstance(inner[key], dict | list) and chance.random() < 0.8:
            inner = inner[key]
            continue
        break
    odd = chance.choice(ODD_VALUES)
    if isinstance(inner, dict) and chance.random() < 0.2:
        inner[chance.choice(("code", "error", "ts", "ok", "status", "x"))] = odd
    else:
        inner[key] = odd
    try:
        return json.dumps(value, ensure_ascii=chance.random() < 0.5).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(value).encode() + b"\n"


MUTATIONS = (_flip, _drop, _insert, _splice, _repeat, _change_value, _change_value, _change_value)


def compare(
    readers: Readers, name: str, data: bytes, block: int = 2 << 20, most: int = 1 << 30
) -> str:
    """What a reader makes of a file against the oracle: '' or the first difference."""
    try:
        rows = readers.run(name, data, block, most)
    except duckdb.Error as error:
        return f"the reader failed: {type(error).__name__}: {str(error)[:200]}"
    wanted = oracle.judge(name, data)
    by_line: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_line.setdefault(row["line_number"], []).append(row)
    if unknown := by_line.keys() - {verdict.line_number for verdict in wanted}:
        # Lines of OTLP without a record are no lines of the log.
        counted = {number for number, _, _ in oracle.lines_of(data)}
        if name != "otlp" or unknown - counted:
            return f"rows for lines that are not there: {sorted(unknown)[:3]}"
        return f"records where there are none: {sorted(unknown)[:3]}"
    for verdict in wanted:
        found = by_line.get(verdict.line_number, [])
        if verdict.what == oracle.UNSURE and verdict.record is None:
            if name != "otlp" and len(found) != 1:
                return f"line {verdict.line_number} is {len(found)} rows"
            continue
        if verdict.record is not None:
            found = [row for row in found if row["record_number"] == verdict.record]
        if len(found) != 1:
            return f"line {verdict.line_number} is {len(found)} rows, not one"
        if told := _difference(verdict, found[0]):
            return f"line {verdict.line_number}: {told}"
    return ""


def _difference(verdict: oracle.Verdict, row: dict[str, Any]) -> str:
    if verdict.what == oracle.UNSURE:
        return ""
    what = row["reject_reason"] or oracle.EVENT
    if what != verdict.what:
        return f"{what}, and the oracle says {verdict.what}"
    if what != oracle.EVENT and row["byte_offset"] != verdict.byte_offset:
        return f"at byte {row['byte_offset']}, and the oracle says {verdict.byte_offset}"
    for name in COMPARED:
        if name in verdict.fields and row.get(name) != verdict.fields[name]:
            return f"{name} is {row.get(name)!r}, and the oracle says {verdict.fields[name]!r}"
    return ""


def shrink(readers: Readers, found: Found) -> Found:
    """Fewer lines, then fewer bytes, as long as they differ."""

    def still(data: bytes) -> bool:
        return bool(data) and bool(compare(readers, found.format, data))

    lines = found.data.split(b"\n")
    step = len(lines) // 2
    while step:
        for at in range(0, len(lines), step):
            fewer = lines[:at] + lines[at + step :]
            if still(b"\n".join(fewer)):
                lines = fewer
                break
        else:
            step //= 2
    data = b"\n".join(lines)
    return Found(found.format, data, compare(readers, found.format, data) or found.what)


def fuzz(seconds: float, seed: int, rounds: int | None = None) -> tuple[Counter[str], list[Found]]:
    """Rounds for so long, or so many. Gives lines tried by format (and those of which the oracle is
    unsure), and what was found."""
    chance, readers, good = random.Random(seed), Readers(), seeds()
    tried: Counter[str] = Counter()
    found: list[Found] = []
    known = formats(SHIPPED)
    began, number = time.monotonic(), 0
    while (time.monotonic() - began < seconds) if rounds is None else (number < rounds):
        number += 1
        name = FORMATS[number % len(FORMATS)]
        data = mutate(good[name], chance)
        tried["unsure"] += sum(v.what == oracle.UNSURE for v in oracle.judge(name, data))
        detect(data[: 64 << 10], known)
        block, most = chance.choice(((2 << 20, 1 << 30), (700, 1 << 30), (4000, 37)))
        told = compare(readers, name, data, block, most)
        tried[name] += data.count(b"\n") + 1
        if told:
            found.append(shrink(readers, Found(name, data, told)))
            if len(found) >= 20:
                break
    return tried, found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (10)")
    parser.add_argument(
        "--seed", type=int, default=int(time.time()), help="for the same rounds again"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("fuzz-found"), help="where finds are written"
    )
    given = parser.parse_args()
    began = time.monotonic()
    tried, found = fuzz(given.minutes * 60, given.seed)
    for number, one in enumerate(found, 1):
        given.out.mkdir(parents=True, exist_ok=True)
        path = given.out / f"{one.format.replace(':', '-')}-{given.seed}-{number}.log"
        path.write_bytes(one.data)
        print(f"{path}: {one.what}")
    seconds = time.monotonic() - began
    unsure = tried.pop("unsure", 0)
    listed = ", ".join(f"{name} {count:,}" for name, count in sorted(tried.items()))
    print(
        f"{tried.total():,} lines in {seconds:.0f} s ({listed}), "
        f"{unsure:,} without a second opinion, seed {given.seed}: "
        f"{len(found)} difference{'' if len(found) == 1 else 's'}"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
