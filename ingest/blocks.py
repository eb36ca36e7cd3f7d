"""From decompressed bytes to Arrow batches of lines.

Owns: where a line begins and ends, its number and byte offset, the content hash, and the flaws
that make a line unreadable before any format is considered (not UTF-8, NUL bytes, over 16 MiB).
Does not know formats or files.

DuckDB parses the batches on all its threads while this module reads ahead. Nothing here works
line by line: newlines are found by Arrow, encoding is judged per block, and only blocks that hold
a flaw are looked at more closely. Every line keeps its number and offset, so the balance needs no
second pass over the file.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

BLOCK_BYTES = 2 << 20  # fits the cache; 256 KiB cost half as much again, 16 MiB gained nothing
WORTH_LINES = 2048  # what DuckDB works on at once
MAX_LINE_BYTES = 16 << 20
# What JSON takes in memory grows with its values, of 16 bytes and more each, not with its text.
MARKS, MAX_MARKS = (b"[", b"{", b",", b":"), 2_000_000
SHOWN_OF_LONG_LINE = 512  # how much of an over-long line goes on to become its excerpt
BOM = b"\xef\xbb\xbf"

SCHEMA = pa.schema(
    [
        ("file_no", pa.int32()),
        ("line_number", pa.int64()),
        ("byte_offset", pa.int64()),
        ("line", pa.string()),
        ("flaw", pa.string()),
    ]
)


class ByteStream(Protocol):
    def read(self, size: int, /) -> bytes: ...


class HashLike(Protocol):
    def update(self, data: bytes | memoryview, /) -> None: ...
    def hexdigest(self) -> str: ...
    def copy(self) -> Self: ...


@dataclass
class Progress:
    """What has been read of one file so far."""

    digest: HashLike = field(default_factory=hashlib.sha256)
    content_bytes: int = 0
    lines: int = 0
    tail_offset: int | None = None  # where a last line without newline begins, if it was read
    tail_bytes: int = 0  # bytes of an unfinished last line left unread


@dataclass(frozen=True)
class Start:
    """Where to begin emitting lines: bytes and lines before it are hashed but not emitted."""

    byte_offset: int = 0
    lines: int = 0


class _FlawMarker:
    """A codec error handler that remembers where bytes were not UTF-8."""

    name = "chertlog.mark"

    def __init__(self) -> None:
        self.spans: list[tuple[int, int]] = []
        codecs.register_error(self.name, self)

    def __call__(self, error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        self.spans.append((error.start, error.end))
        return "?", error.end


_marker = _FlawMarker()


def line_batches(
    stream: ByteStream,
    file_no: int,
    progress: Progress,
    *,
    start: Start = Start(),
    read_tail: bool = True,
) -> Iterator[pa.RecordBatch]:
    """Yield batches of lines (columns of SCHEMA) and keep `progress` true as they go.

    `start` skips what is loaded already; `read_tail=False` leaves an unterminated last line unread
    and outside `progress`. Raises whatever the stream raises (a truncated gzip, for one).
    """
    pending = b""
    skipping = False  # inside a line that is too long already
    held, shown = progress, b""  # as it was where that line began, and how it begins
    while chunk := stream.read(BLOCK_BYTES):
        if skipping:
            newline = chunk.find(b"\n")
            end = len(chunk) if newline < 0 else newline + 1
            _advance(progress, chunk[:end], 0)
            chunk, skipping = chunk[end:], newline < 0
            if not skipping:
                yield from _long_line(shown, file_no, held, start)
            if not chunk:
                continue
        data = pending + chunk if pending else chunk
        cut = data.rfind(b"\n") + 1
        if cut:
            yield from _emit(data, cut, file_no, progress, start)
        pending = data[cut:]
        if len(pending) > MAX_LINE_BYTES:
            held = replace(progress, digest=progress.digest.copy())
            shown = pending[:SHOWN_OF_LONG_LINE]
            _advance(progress, pending, 1)
            pending, skipping = b"", True
    if skipping and not read_tail:
        held.tail_bytes = progress.content_bytes - held.content_bytes
        vars(progress).update(vars(held))
    elif skipping:
        progress.tail_offset = held.content_bytes
        yield from _long_line(shown, file_no, held, start)
    elif pending and read_tail:
        progress.tail_offset = progress.content_bytes
        yield from _emit(pending, len(pending), file_no, progress, start)
    else:
        progress.tail_bytes = len(pending)


def gathered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same lines in fewer batches, where they come from many small files.

    A batch costs DuckDB a walk over all expressions of the reader, of 5 lines as of 2,000.
    """
    held: list[pa.RecordBatch] = []
    lines = size = 0
    for batch in batches:
        held.append(batch)
        lines, size = lines + len(batch), size + batch.nbytes
        if lines >= WORTH_LINES or size >= BLOCK_BYTES:
            yield pa.concat_batches(held) if len(held) > 1 else batch
            held, lines, size = [], 0, 0
    if held:
        yield pa.concat_batches(held)


def _advance(progress: Progress, data: bytes | memoryview, lines: int) -> None:
    progress.digest.update(data)
    progress.content_bytes += len(data)
    progress.lines += lines


def _emit(
    data: bytes, end: int, file_no: int, progress: Progress, start: Start
) -> Iterator[pa.RecordBatch]:
    """Yield the whole lines of `data[:end]` as one batch, less what lies before `start`.

    `data` goes to Arrow as it is: each copy of every block costs as much as splitting it.
    """
    if progress.content_bytes < start.byte_offset:
        known = min(start.byte_offset - progress.content_bytes, end)
        _advance(progress, memoryview(data)[:known], 0)
        data, end = data[known:], end - known
    if start.byte_offset and progress.content_bytes == start.byte_offset:
        progress.lines = start.lines
    if not end:
        return
    first_offset, first_line = progress.content_bytes, progress.lines
    text, size = data, end - data.endswith(b"\n", end - 1, end)
    flaws: dict[int, str] = {}
    if not data.isascii():
        text, bad_bytes = _as_utf8(data[:size])
    else:
        bad_bytes = []
    lines, offsets = _split(text, size)
    for position in bad_bytes:
        flaws[int(np.searchsorted(offsets, position, side="right")) - 1] = "encoding"
    if text.find(b"\0", 0, size) >= 0:
        for nul in np.flatnonzero(np.frombuffer(text, dtype=np.uint8, count=size) == 0):
            flaws.setdefault(int(np.searchsorted(offsets, nul, side="right")) - 1, "nul")
    count = len(lines)
    long = min(BLOCK_BYTES, MAX_LINE_BYTES)
    if size > long:
        bounds = np.append(offsets, size + 1)
        for index in np.flatnonzero(np.diff(bounds) - 1 > long):
            begin, end_of_line = int(bounds[index]), int(bounds[index + 1]) - 1
            if end_of_line - begin > MAX_LINE_BYTES:
                flaws.setdefault(int(index), "too_long")
            elif sum(text.count(mark, begin, end_of_line) for mark in MARKS) > MAX_MARKS:
                flaws.setdefault(int(index), "too_dense")
    if first_offset == 0 and text.startswith(BOM):
        first = pa.array([lines[0].as_py().removeprefix("\ufeff")], pa.string())
        lines = pa.concat_arrays([first, lines.slice(1)])
    _advance(progress, memoryview(data)[:end], count)
    yield _batch(file_no, first_line, first_offset + offsets, lines, flaws)


def _as_utf8(block: bytes) -> tuple[bytes, list[int]]:
    """Return the block with bad bytes replaced one for one, and where those bytes were."""
    try:
        _as_one_string(block, len(block)).validate(full=True)  # faster than decoding
        return block, []
    except pa.ArrowInvalid:
        _marker.spans = []
    block.decode("utf-8", _marker.name)
    if not _marker.spans:
        return block, []
    mended = bytearray(block)
    for begin, end in _marker.spans:
        mended[begin:end] = b"?" * (end - begin)
    return bytes(mended), [begin for begin, _ in _marker.spans]


def _split(text: bytes, size: int) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    """Split `text[:size]` at newlines: the lines, and where each begins."""
    lines = pc.split_pattern(_as_one_string(text, size), "\n").values
    ends = np.frombuffer(lines.buffers()[1], dtype=np.int32)[: len(lines)]
    return lines, ends.astype(np.int64) + np.arange(len(lines))


def _as_one_string(text: bytes, size: int) -> pa.Array:
    """An Arrow array of one text, which is `text[:size]` itself: nothing is copied."""
    bounds = pa.py_buffer(np.array([0, size], dtype=np.int32))
    return pa.Array.from_buffers(pa.string(), 1, [None, bounds, pa.py_buffer(text)])


def _batch(
    file_no: int,
    first_line: int,
    offsets: npt.NDArray[np.int64],
    lines: pa.Array,
    flaws: dict[int, str],
) -> pa.RecordBatch:
    count = len(lines)
    flaw = (
        pa.array([flaws.get(index) for index in range(count)], pa.string())
        if flaws
        else pa.nulls(count, pa.string())
    )
    numbers = np.arange(first_line + 1, first_line + 1 + count, dtype=np.int64)
    files = np.full(count, file_no, dtype=np.int32)
    columns = [as_array(files), as_array(numbers), as_array(offsets), lines, flaw]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def as_array(numbers: npt.NDArray[np.integer]) -> pa.Array:
    """An Arrow array of the same memory. `pa.array` would import pandas: a third of a second."""
    return pa.Array.from_buffers(
        pa.from_numpy_dtype(numbers.dtype), len(numbers), [None, pa.py_buffer(numbers)]
    )


def _long_line(
    beginning: bytes, file_no: int, before: Progress, start: Start
) -> Iterator[pa.RecordBatch]:
    """Stand in for a line that is too long to keep: its beginning, marked."""
    if before.content_bytes >= start.byte_offset:
        shown = beginning.decode("utf-8", "replace").replace("\0", "?")
        offsets = np.array([before.content_bytes], dtype=np.int64)
        lines = pa.array([shown], pa.string())
        yield _batch(file_no, before.lines, offsets, lines, {0: "too_long"})
