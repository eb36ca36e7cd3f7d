"""Makes the contexts of a load known before it: what many records share (`store.context`).

Owns: which lines are looked at for that. A known context costs a record one look-up; one that is
not known has its texts redacted record by record. A deploy brings many at once, so the sample is
taken all over a file, not from its beginning alone; of a compressed one only the beginning can be
had. What the sample misses is learnt after the load (statements/learn_contexts.sql).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from chertlog.ingest import sql
from chertlog.ingest.blocks import Progress, Start, line_batches
from chertlog.ingest.files import LogFile
from chertlog.ingest.formats import Format
from chertlog.ingest.wrapper import Peeler, schema_within

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

PIECES, PIECE_BYTES = 64, 64 << 10  # of all files of a load together; each file gives one at least
WORTH_BYTES = 128 << 10  # of less, planning the look at a sample takes longer than it saves
# Of files that go on: their contexts are known but for a few, and a cycle of `watch` that brought
# 36,000 lines spent an eighth of its time on the sample.
WORTH_BYTES_GONE_ON = 32 << 20


def statement(name: str, format_: Format) -> str:
    """The statement `name` with the reader of a format in its place."""
    return sql.text(name).replace("{reader}", format_.sql)


def sample(
    con: duckdb.DuckDBPyConnection,
    files: Sequence[tuple[LogFile, bytes, Start]],
    format_: Format,
) -> None:
    """Learn the contexts of a sample of lines of files of one format.

    Each file comes with its first decompressed bytes, and where in it the load begins.
    """
    import pyarrow as pa

    go_on = all(start.byte_offset for _, _, start in files)
    new_bytes = sum(file.file_bytes - start.byte_offset for file, _, start in files)
    if new_bytes < (WORTH_BYTES_GONE_ON if go_on else WORTH_BYTES):
        return
    schema = schema_within(format_.wrappers)
    reader = pa.RecordBatchReader.from_batches(schema, _batches(files, format_))
    con.register("lines", reader)
    con.execute(statement("sample_contexts", format_))
    con.unregister("lines")


def _batches(
    files: Sequence[tuple[LogFile, bytes, Start]], format_: Format
) -> Iterator[pa.RecordBatch]:
    pieces = max(1, PIECES // len(files))
    for file, head, start in files:
        for piece in _pieces(file, head, start, pieces):
            lines = _lines(piece)
            within = format_.wrappers
            yield from Peeler(within, file, head).peel(lines) if within else lines


def _pieces(file: LogFile, head: bytes, start: Start, pieces: int) -> Iterator[bytes]:
    yield head
    if file.compression == "none":
        step = (file.file_bytes - start.byte_offset) // pieces
        for number in range(pieces if step > PIECE_BYTES else 0):
            piece = file.piece(start.byte_offset + number * step, PIECE_BYTES)
            yield piece[piece.find(b"\n") + 1 :]


def _lines(piece: bytes) -> Iterator[pa.RecordBatch]:
    """The whole lines of a piece, without the last, which may be cut."""
    return line_batches(BytesIO(piece), 0, Progress(), read_tail=False)
