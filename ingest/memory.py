"""What a watching process has read of each file, so that the next cycle reads only what is new.

Owns the only place where an inode and a size are believed, within one process, and never alone: a
file goes on where it was left only if the 64 KiB before that point are still the same. Everything
else is recognised by its content, as in a nightly run.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chertlog.ingest.blocks import Progress
from chertlog.ingest.sources import Loaded

if TYPE_CHECKING:
    from pathlib import Path

    from chertlog.ingest.files import LogFile
    from chertlog.ingest.load import Item

PROBE_BYTES = 64 << 10


@dataclass(frozen=True)
class Signature:
    """What a look at a directory tells of a file."""

    device: int
    inode: int
    size: int
    modified_ns: int

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode, as `LogFile.identity`."""
        return self.device, self.inode

    @classmethod
    def of(cls, path: Path) -> Signature:
        """Raises OSError."""
        facts = os.stat(path)  # noqa: PTH116 - one call, many files
        return cls(facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)


@dataclass(frozen=True)
class Resumed:
    """Where a file goes on: the content loaded so far, and its hash as it stood there."""

    source: Loaded
    progress: Progress


@dataclass(frozen=True)
class _Read:
    source: Loaded
    progress: Progress
    probe: bytes


class Memory:
    """By inode, where each uncompressed file was left."""

    def __init__(self) -> None:
        self._read: dict[tuple[int, int], _Read] = {}

    def resume(self, file: LogFile, loaded: Collection[Loaded]) -> Resumed | None:
        """Where `file` goes on, if it is known to; None if its content has to be compared."""
        read = self._read.get(file.identity)
        if (
            read is None
            or file.file_bytes <= read.progress.content_bytes
            or read.source not in loaded  # forgotten, pruned or loaded again meanwhile
            or _probe(file, read.progress.content_bytes) != read.probe
        ):
            return None
        return Resumed(read.source, _copied(read.progress))

    def learn(self, items: Sequence[Item]) -> None:
        """Remember how far files were read; call it while they are open."""
        for item in items:
            file, progress = item.file, item.progress
            self._read.pop(file.identity, None)
            if file.compression != "none" or item.failure or progress.tail_offset is not None:
                continue
            source = item.grown_from if item.brings_nothing else item.loaded
            if source is None:
                continue
            probe = _probe(file, progress.content_bytes)
            self._read[file.identity] = _Read(source, _copied(progress), probe)


def _probe(file: LogFile, end: int) -> bytes:
    begin = max(0, end - PROBE_BYTES)
    return file.piece(begin, end - begin)


def _copied(progress: Progress) -> Progress:
    return replace(progress, digest=progress.digest.copy(), tail_bytes=0)
