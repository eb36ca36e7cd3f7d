"""Writes simulated logs again as servers do: line by line, at a pace, with files that rotate.

Owns the pace (each line when its time has come, the wall's time taken `speed` times), and how files
turn over: the application log is renamed, and packed once renamed twice; nginx's is copied and
truncated; the OTLP export is renamed and begun anew.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

Moment = Callable[[bytes], float]  # seconds since the epoch at which a line was written


def app_moment(line: bytes) -> float:
    begin = line.index(b'"ts":"') + 6
    return datetime.fromisoformat(line[begin : begin + 26].decode()).replace(tzinfo=UTC).timestamp()


def edge_moment(line: bytes) -> float:
    begin = line.index(b"[") + 1
    text = line[begin : begin + 26].decode()
    return datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z").timestamp()


def otlp_moment(line: bytes) -> float:
    begin = line.rindex(b'"timeUnixNano":"') + 16
    return int(line[begin : begin + 19]) / 1e9


class Log:
    """One log: what is still to come of it, and the file that it goes to."""

    def __init__(self, lines: Iterator[bytes], moment: Moment, path: Path) -> None:
        self._lines, self._moment, self.path = lines, moment, path
        self._waiting: bytes | None = None
        self.turned = 0
        path.parent.mkdir(parents=True, exist_ok=True)

    def write_until(self, now: float) -> tuple[int, bool]:
        """Append what was logged until then. Lines written, and whether all are."""
        written = 0
        with self.path.open("ab") as file:
            for line in chain([self._waiting] if self._waiting else [], self._lines):
                self._waiting = None
                if self._moment(line) > now:
                    self._waiting = line
                    return written, False
                file.write(line)
                written += 1
        return written, True

    def rotate(self) -> None:
        """Turn the file over, in the way of its server."""
        self.turned += 1
        if self.path.name == "access.log":
            older = self.path.with_name(f"access.log.{self.turned}")
            shutil.copyfile(self.path, older)
            with self.path.open("r+b") as file:
                file.truncate()
            return
        older = self.path.with_name(f"{self.path.stem}.{self.turned}{self.path.suffix}")
        self.path.rename(older)
        before = self.path.with_name(f"{self.path.stem}.{self.turned - 1}{self.path.suffix}")
        if before.exists():
            packed = before.with_name(f"{before.name}.gz")
            part = before.with_name(f"{before.name}.tmp")  # no log by its name
            with before.open("rb") as read, gzip.open(part, "wb", 1) as write:
                shutil.copyfileobj(read, write, 1 << 20)
            part.rename(packed)
            before.unlink()


class Traffic:
    """All logs of a simulated day, and the clock by which they are written."""

    def __init__(self, day: Path, live: Path) -> None:
        told = json.loads((day / "truth.json").read_text("utf-8"))["arguments"]
        self.start = datetime.fromisoformat(told["start"]).timestamp()
        self.end = self.start + told["hours"] * 3600
        app = sorted((day / "app").iterdir())
        edge = sorted((day / "nginx").iterdir(), key=lambda path: -_age(path))
        self.logs = [
            Log(_lines(app), app_moment, live / "app" / "chert-api.ndjson"),
            Log(_lines(edge), edge_moment, live / "nginx" / "access.log"),
            Log(_lines([day / "otlp" / "logs.jsonl"]), otlp_moment, live / "otlp" / "logs.jsonl"),
        ]
        self.lines = self.rotations = 0

    def write_until(self, now: float) -> bool:
        """Write all logs up to a time; whether all is written."""
        done = [log.write_until(now) for log in self.logs]
        self.lines += sum(written for written, _ in done)
        return all(whole for _, whole in done)

    def rotate(self) -> None:
        for log in self.logs:
            log.rotate()
        self.rotations += len(self.logs)


def _age(path: Path) -> int:
    """How many pieces of the edge log are newer: access.log.2.gz is the third newest."""
    number = path.name.removeprefix("access.log").removesuffix(".gz").strip(".")
    return int(number or 0)


def _lines(paths: list[Path]) -> Iterator[bytes]:
    for path in paths:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield from file
