"""Writes log files: plain or gzip, counting what goes in, compressing beside the simulation.

Owns files, their names in the summary, and their account. gzip members carry neither time nor
name, so that the same day is the same bytes.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import BinaryIO

from chertlog.ingest.simulate.damage_kinds import Piece

GZIP_LEVEL = 1
GZIP_WINDOW = 31  # zlib's way to ask for a gzip wrapper
QUEUED_CHUNKS = 8


class Disk:
    """One thread that compresses and writes in the order asked; zlib lets go of the GIL."""

    def __init__(self) -> None:
        self._jobs: Queue[tuple[OutFile, bytes | None] | None] = Queue(QUEUED_CHUNKS)
        self._failure: OSError | None = None
        self._thread = Thread(target=self._work, name="simulate-disk", daemon=True)
        self._thread.start()

    def put(self, file: OutFile, data: bytes | None) -> None:
        """Queue data for a file; None closes it."""
        if self._failure is not None:
            raise self._failure
        self._jobs.put((file, data))

    def finish(self) -> None:
        self._jobs.put(None)
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            file, data = job
            if self._failure is not None:
                continue  # keep taking jobs, so that the simulation meets the error and stops
            try:
                file.store(data)
            except OSError as error:
                self._failure = error


class OutFile:
    """A file that is written from front to back by the disk thread."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self.path = path
        self._disk = disk
        self._file: BinaryIO | None = None
        self._packer = None
        if path.suffix == ".gz":
            self._packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, GZIP_WINDOW)

    def append(self, data: bytes) -> None:
        self._disk.put(self, data)

    def close(self) -> None:
        self._disk.put(self, None)

    def store(self, data: bytes | None) -> None:
        """Called by the disk thread only."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("wb")
        if data is not None:
            self._file.write(self._packer.compress(data) if self._packer else data)
            return
        if self._packer:
            self._file.write(self._packer.flush())
        self._file.close()


class LogFile(OutFile):
    """One file of a log, with the account that a right ingest must come to."""

    def __init__(self, path: Path, disk: Disk) -> None:
        super().__init__(path, disk)
        self.physical_lines = self.events = self.blank = self.duplicates = self.bytes = 0
        self.rejected: list[tuple[int, int, str]] = []  # line number, byte offset, reason

    @property
    def lines(self) -> int:
        return self.events + self.blank + self.duplicates + len(self.rejected)

    def append_whole(self, lines: list[str], records: int) -> None:
        """Write lines none of which is damaged."""
        if not lines:
            return
        data = ("\n".join(lines) + "\n").encode()
        self.physical_lines += len(lines)
        self.events += records
        self.bytes += len(data)
        self.append(data)

    def append_pieces(self, pieces: list[Piece]) -> None:
        if not pieces:
            return
        for piece in pieces:
            self.physical_lines += 1
            self.events += piece.events
            self.blank += piece.blank
            self.duplicates += piece.duplicates
            if piece.reason is not None:
                self.rejected.append((self.physical_lines, self.bytes, piece.reason))
            self.bytes += len(piece.raw) + 1
        self.append(b"\n".join([piece.raw for piece in pieces]) + b"\n")
