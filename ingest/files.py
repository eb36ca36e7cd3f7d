"""Which files a path names, and how their decompressed bytes are read.

Owns: walking directories, globs, skipping what is no log, compression by magic bytes.
Does not know formats, lines or what was loaded before.
"""

from __future__ import annotations

import glob
import gzip
import os
import stat
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

HEAD_BYTES = 64 << 10  # enough first lines to recognise a format by
SKIPPED_SUFFIXES = (".tmp", ".swp", ".lock", ".part", ".filepart", ".crdownload")

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
BINARY_MAGIC = {
    b"PK\x03\x04": "a zip archive",
    b"BZh": "bzip2, which is not supported: decompress it first",
    b"\xfd7zXZ\x00": "xz, which is not supported: decompress it first",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"%PDF": "a PDF",
    b"\x7fELF": "a program",
    b"PAR1": "a Parquet file",
    b"SQLite format 3\x00": "an SQLite database",
    b"\xff\xfe": "UTF-16, not UTF-8: convert it with iconv -f UTF-16 -t UTF-8",
    b"\xfe\xff": "UTF-16, not UTF-8: convert it with iconv -f UTF-16 -t UTF-8",
}
# Logs shrink 5 to 50 times. What shrinks more than this was made to fill memory or disk.
MAX_RATIO = 300
ANY_RATIO_BYTES = 4 << 20  # a file that decompresses to less may have any ratio


class NotText(Exception):
    """The file is not a text log; the message says what it is."""


class Bomb(Exception):
    """The file decompresses to far more than a log does."""


# What reading a damaged, vanished, forbidden or hostile file can raise.
READ_ERRORS = (OSError, EOFError, zlib.error, Bomb)


@dataclass(frozen=True)
class Found:
    """A file that a path on the command line led to."""

    path: Path
    named: bool  # given by name, not met while walking a directory


def find(paths: Iterable[str]) -> tuple[list[Found], list[str]]:
    """Return the files that `paths` name, in a stable order, and the paths that name nothing.

    A directory is walked (links to directories are not followed, so a loop cannot trap us); a
    pattern with `*`, `?` or `[` is expanded here, for callers without a shell.
    """
    found: dict[str, Found] = {}
    missing: list[str] = []
    for path in paths:
        matches = [path] if os.path.lexists(path) else sorted(glob.glob(path, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
        if not matches:
            missing.append(path)
        for match in matches:
            named = Path(match)
            if named.is_dir():
                for inner in _walk(named):
                    found.setdefault(str(inner), Found(inner, named=False))
            else:
                found[str(named)] = Found(named, named=True)
    return list(found.values()), missing


def _walk(directory: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(directory):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if not name.startswith(".") and not name.endswith(SKIPPED_SUFFIXES) and _is_file(path):
                yield path


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True  # a broken or forbidden entry is reported when it is opened, not passed over


def path_text(path: Path) -> str:
    """A path as the database keeps it: bytes that are not UTF-8 are written as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


class LogFile:
    """An open log file: its compression, its first bytes, and its decompressed bytes.

    Stays open from recognition to loading, so that a rotation in between changes nothing.
    """

    def __init__(self, path: Path) -> None:
        """Open `path`. Raises OSError, NotText."""
        # A FIFO or a device would block the run: refuse it before opening.
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise NotText("not a regular file")
        self.path = path
        self._raw: BinaryIO = path.open("rb")
        facts = os.fstat(self._raw.fileno())
        self.file_bytes, self.modified_at = facts.st_size, facts.st_mtime
        self.identity = facts.st_dev, facts.st_ino
        magic = self._raw.read(16)
        self.compression = (
            "gzip"
            if magic.startswith(GZIP_MAGIC)
            else "zstd"
            if magic.startswith(ZSTD_MAGIC)
            else "none"
        )

    def head(self) -> bytes:
        """Return the first decompressed bytes. Raises READ_ERRORS, NotText."""
        head = self.stream().read(HEAD_BYTES)
        for magic, meaning in BINARY_MAGIC.items():
            if head.startswith(magic):
                raise NotText(meaning)
        if head[8:12] == b"DUCK":
            raise NotText("a DuckDB database")
        if head[257:262] == b"ustar":
            raise NotText("a tar archive: extract it first")
        if head[4:8] == ZSTD_MAGIC:
            raise NotText(
                "length-prefixed OTLP of the Collector's file exporter, not a zstd file: "
                "let it write without compression, and compress its files when they are rotated"
            )
        return head

    def stream(self) -> Stream:
        """Return a reader of the decompressed bytes from the beginning. Raises NotText."""
        self._raw.seek(0)
        if self.compression == "gzip":
            return Inflated(gzip.GzipFile(fileobj=self._raw), self._raw)
        if self.compression == "zstd":
            return Inflated(ZstdStream(self._raw), self._raw)
        return self._raw

    def stream_from(self, offset: int) -> Stream:
        """Return a reader of what comes after `offset`; for a file that is not compressed."""
        self._raw.seek(offset)
        return self._raw

    def piece(self, offset: int, size: int) -> bytes:
        """Return bytes of the file as it is on disk, without moving in it. Raises OSError."""
        return os.pread(self._raw.fileno(), size, offset)

    def position(self) -> int:
        """Return how many bytes on disk have been read, for a progress bar."""
        return self._raw.tell()

    def close(self) -> None:
        self._raw.close()


class Inflated:
    """Decompressed bytes, as long as they are not far more than those that were read for them."""

    def __init__(self, packed: gzip.GzipFile | ZstdStream, raw: BinaryIO) -> None:
        self._packed, self._raw, self._given = packed, raw, 0

    def read(self, size: int, /) -> bytes:
        data = self._packed.read(size)
        self._given += len(data)
        if self._given > max(ANY_RATIO_BYTES, MAX_RATIO * self._raw.tell()):
            raise Bomb(f"it decompresses to more than {MAX_RATIO} times its size: not a log")
        return data


class ZstdStream:
    """Decompress zstd frames one after the other, and notice when the last one is cut off.

    `zstandard.ZstdDecompressor.stream_reader` ends quietly on a truncated frame, which would lose
    the end of a file without a word.
    """

    CHUNK = 64 << 10
    # Decompressed at a time: four bytes can stand for a block of 128 KiB, so this makes 128 MiB at
    # most, where a whole chunk could make gigabytes.
    PIECE = 1 << 10

    def __init__(self, raw: BinaryIO) -> None:
        try:
            import zstandard
        except ImportError:
            raise NotText(
                "zstd, and the Python module zstandard is not installed: pip install zstandard"
            ) from None

        self._new = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj
        self._error = zstandard.ZstdError
        self._frame, self._inside, self._ready = self._new(), False, b""
        self._pieces = self._packed(raw)

    def read(self, size: int, /) -> bytes:
        parts, length = [self._ready], len(self._ready)
        while length < size:
            piece = next(self._pieces, None)
            if piece is None:
                if self._inside:
                    raise EOFError("Compressed file ended before the end of its zstd frame")
                break
            for part in self._decompress(piece):
                parts.append(part)
                length += len(part)
        data = b"".join(parts)
        self._ready = data[size:]
        return data[:size]

    def _packed(self, raw: BinaryIO) -> Iterator[bytes]:
        while chunk := raw.read(self.CHUNK):
            for begin in range(0, len(chunk), self.PIECE):
                yield chunk[begin : begin + self.PIECE]

    def _decompress(self, piece: bytes) -> Iterator[bytes]:
        """A piece may end one frame and begin the next."""
        while piece:
            try:
                yield self._frame.decompress(piece)
            except self._error as error:
                raise zlib.error(f"not a readable zstd frame ({error})") from None
            self._inside = not self._frame.eof
            piece = self._frame.unused_data if self._frame.eof else b""
            if self._frame.eof:
                self._frame = self._new()


Stream = BinaryIO | Inflated
