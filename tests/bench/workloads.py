"""Simulated logs of a wanted size, in the shapes that a night brings."""

from __future__ import annotations

import gzip
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path

import pyarrow as pa

from chertlog.ingest.simulate import write_day

LINES_PER_RESPONSE = 2.79  # of the simulated application log
_ANSWER = b'"event":"response.sent"'


class Workloads:
    """Files made when they are first asked for, under one folder."""

    def __init__(self, folder: Path, lines: int) -> None:
        self._folder, self._lines = folder, lines

    def app(self) -> Path:
        """About so many lines, three a trace, in one file."""
        return self._made("app.ndjson", lambda to: _joined(self._day() / "app", to))

    def app_broken(self) -> Path:
        """The same with one line in a hundred damaged."""
        return self._made("broken.ndjson", lambda to: _joined(self._day(0.01) / "app", to))

    def answers(self) -> Path:
        """As many lines that are all answers: one a trace."""
        return self._made("answers.ndjson", self._write_answers)

    def app_gzip(self) -> Path:
        """`app`, compressed as logrotate does."""
        return self._made("app.ndjson.gz", lambda to: _gzip(self.app(), to))

    def app_zstd(self) -> Path:
        """`app`, compressed with zstd."""
        return self._made("app.ndjson.zst", lambda to: _zstd(self.app(), to))

    def hours(self) -> Path:
        """`app` as a folder of 24 files."""
        return self._made("hours", lambda to: _split(self.app(), to, 24))

    def nginx(self) -> Path:
        """About so many lines of the edge's log."""
        return self._made("access.log", lambda to: _joined(self._day(0, 1.0) / "nginx", to))

    def otlp(self) -> Path:
        """About so many records of the OTLP export."""
        return self._made("otlp.jsonl", lambda to: _joined(self._day() / "otlp", to))

    def _day(self, corrupt: float = 0, lines_each: float = LINES_PER_RESPONSE) -> Path:
        folder = self._folder / f"day-{corrupt}-{lines_each}"
        if not folder.exists():
            rps = self._lines / lines_each / 86_400
            write_day(folder, seed=7, hours=24, rps=rps, corrupt=corrupt)
        return folder

    def _made(self, name: str, write: Callable[[Path], object]) -> Path:
        path = self._folder / name
        if not path.exists():
            write(path)
        return path

    def _write_answers(self, to: Path) -> None:
        with to.open("wb") as out:
            for line in _lines(self._day(0, 1.0) / "app"):
                if _ANSWER in line:
                    out.write(line)


def count(path: Path) -> int:
    """Lines of a file."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


@contextmanager
def _opened(path: Path) -> Iterator[BufferedIOBase]:
    if path.suffix == ".gz":
        with gzip.open(path) as file:
            yield file  # type: ignore[misc]
    elif path.suffix == ".zst":
        with pa.CompressedInputStream(str(path), "zstd") as file:
            yield file
    else:
        with path.open("rb") as file:
            yield file


def _lines(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.iterdir()):
        with _opened(path) as file:
            yield from file


def _joined(folder: Path, to: Path) -> None:
    with to.open("wb") as out:
        for path in sorted(folder.iterdir()):
            with _opened(path) as part:
                shutil.copyfileobj(part, out, 1 << 20)


def _gzip(path: Path, to: Path) -> None:
    with path.open("rb") as file, gzip.open(to, "wb", compresslevel=6) as out:
        shutil.copyfileobj(file, out, 1 << 20)


def _zstd(path: Path, to: Path) -> None:
    with path.open("rb") as file, pa.CompressedOutputStream(str(to), "zstd") as out:
        shutil.copyfileobj(file, out, 1 << 20)


def _split(path: Path, to: Path, parts: int) -> None:
    to.mkdir()
    each = -(-count(path) // parts)
    subprocess.run(["split", "-l", str(each), "-d", str(path), str(to / "chert-api.")], check=True)
