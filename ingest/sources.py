"""Is this content new, known, or a known file that grew?

Owns: recognising content by its hash, whatever the file is called now. No path, inode or time is
ever trusted. Does not load anything.

Two files whose first lines differ cannot hold the same content, so most files are known to be new
from their first line; only where that matches is the content hashed before it is loaded.
"""

from __future__ import annotations

import hashlib
from bisect import bisect, insort
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chertlog.ingest import sql
from chertlog.ingest.blocks import BLOCK_BYTES, ByteStream, Start

if TYPE_CHECKING:
    import duckdb

HEAD_BYTES = 4096


@dataclass(frozen=True)
class Loaded:
    """Content that is in the database."""

    source_no: int
    path: str
    sha256: str
    head_sha256: str
    head_bytes: int
    content_bytes: int
    lines: int
    physical_lines: int
    tail_offset: int | None
    tail_lines: int | None
    format: str

    @property
    def end(self) -> Start:
        """Where a longer copy goes on: an unfinished last line is read again, whole."""
        if self.tail_offset is None:
            return Start(self.content_bytes, self.physical_lines)
        return Start(self.tail_offset, self.physical_lines - 1)


@dataclass(frozen=True)
class Same:
    """The content is in the database already."""

    source: Loaded


@dataclass(frozen=True)
class Grown:
    """The content begins with that of a loaded source and goes on."""

    source: Loaded


Known = Same | Grown | None


def first_line(head: bytes) -> bytes:
    """The bytes by which content is recognised at first sight."""
    return head[:HEAD_BYTES].split(b"\n", 1)[0]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def loaded_sources(
    con: duckdb.DuckDBPyConnection, head_bytes: int = 0, head_sha256: str | None = None
) -> list[Loaded]:
    """Return content in the database, in order of arrival: all, or what has this first line."""
    rows = sql.run(con, "loaded_sources", head_bytes=head_bytes, head_sha256=head_sha256).fetchall()
    return [Loaded(*row) for row in rows]


class Beginnings:
    """How files begin, none of them with another: sorted, so that a file is compared with two."""

    def __init__(self) -> None:
        self._sorted: list[bytes] = []

    def may_go_on(self, head: bytes) -> bool:
        """Whether this file begins with one of these, or one of these with it."""
        # What it begins with stands right before it: all that lies between would begin so, too.
        place = bisect(self._sorted, head)
        before, behind = self._sorted[max(place - 1, 0) : place], self._sorted[place : place + 1]
        return any(map(head.startswith, before)) or any(one.startswith(head) for one in behind)

    def add(self, head: bytes) -> None:
        """Take one for which `may_go_on` is false."""
        insort(self._sorted, head)


class Contents:
    """Loaded content by its first line: a file is compared only with what begins like it.

    A watched file leaves a source each time, and all of them begin alike: so first lines are
    few, and sources are looked up when a file has their first line.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._heads: dict[int, set[str]] = {}
        for length, head in sql.run(con, "loaded_heads").fetchall():
            self._heads.setdefault(length, set()).add(head)

    def beginning_like(self, head: bytes) -> list[Loaded]:
        line = first_line(head)
        named = ((length, digest(line[:length])) for length in self._heads if length <= len(line))
        return [
            source
            for length, name in named
            if name in self._heads[length]
            for source in loaded_sources(self._con, length, name)
        ]


def recognise(head: bytes, stream: ByteStream, loaded: Iterable[Loaded]) -> Known:
    """Compare content with loaded content that begins like it; without any, nothing is read.

    The longest loaded content that it begins with decides.
    """
    lengths: dict[int, list[Loaded]] = {}
    for source in loaded:
        lengths.setdefault(source.content_bytes, []).append(source)
    if not lengths:
        return None
    whole, length, matches = hashlib.sha256(), 0, []
    while chunk := stream.read(BLOCK_BYTES):
        for bound in sorted(bound for bound in lengths if length < bound <= length + len(chunk)):
            part = whole.copy()
            part.update(chunk[: bound - length])
            matches += [s for s in lengths[bound] if s.sha256 == part.hexdigest()]
        whole.update(chunk)
        length += len(chunk)
    if not matches:
        return None
    longest = max(matches, key=lambda source: source.content_bytes)
    return Same(longest) if longest.content_bytes == length else Grown(longest)
