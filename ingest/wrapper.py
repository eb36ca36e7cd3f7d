"""What is wrapped around log lines by whatever carried them, taken off before they are parsed.

Owns: finding the wrappers in `wrappers/*.sql`, and peeling one file through them in pieces. A
wrapper is one SQL text over the relation `lines`; it says what is inside each line, and what it
knows itself: time, host, service, level. A line that does not fit gets the flaw `wrapper`.

Some wrappers cut a long message into parts. Those of one stream are joined, over the borders of
pieces, too (`parts`); a message whose last part never comes is handed on as it is, marked
`unfinished`. Of a file that may still grow it is not read, nor what follows its beginning: the
longer file brings both, so that it does not matter where a file was cut between two loads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from chertlog.ingest.blocks import SCHEMA, Progress

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from chertlog.ingest.parts import Joiner, Tail

# What a wrapper knows about a line, beside the columns that every line has (blocks.SCHEMA).
WRAPPED = (
    "record_number",
    "wrapped_at",
    "wrapped_host",
    "wrapped_service",
    "wrapped_level",
    "unfinished",
)
PART = ("stream", "part", "ends_at")  # what tells which lines are parts of one message
# Where Kubernetes keeps logs: both ways name pod and container.
POD_PATHS = (
    re.compile(r"/pods/[^/_]+_(?P<pod>[^/_]+)_[^/]+/(?P<container>[^/]+)/[^/]+$"),
    re.compile(r"(?:^|/)(?P<pod>[^/_]+)_[^/_]+_(?P<container>[^/_]+)-[0-9a-f]{64}\.log[^/]*$"),
)
# Wrappers with parts, and what joins them.
JOINED = {"docker": "", "cri": "", "document": "\n", "rows": "\n"}


@dataclass(frozen=True)
class Wrapper:
    """A wrapper by name: its SQL, and a pattern (RE2) that a wrapped line matches."""

    name: str
    title: str
    sql: str
    tried: int  # the narrow ones first: a line of CRI begins with a time, too
    looks_like: str


@cache
def wrappers() -> tuple[Wrapper, ...]:
    """All wrappers, in the order in which they are tried."""
    folder = resources.files("chertlog.ingest").joinpath("wrappers")
    found = [
        _wrapper(entry.name.removesuffix(".sql"), entry.read_text("utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".sql")
    ]
    return tuple(sorted(found, key=lambda one: one.tried))


def rows(pattern: str) -> Wrapper:
    """What puts rows of a table together whose values have several lines; no wrapper by name.

    `pattern` is that of a line that is a row by itself. A quote that nobody closed ends before it.
    """
    return Wrapper("rows", "rows of a table", "", 0, pattern)


def _wrapper(name: str, text: str) -> Wrapper:
    header = re.match(r"((?:--.*\n)+?)-- Tried: (\d+)\n-- Looks like: (.*)\n", text)
    assert header is not None, f"{name}.sql needs a header with Tried and Looks like"
    title = " ".join(line.removeprefix("--").strip() for line in header[1].splitlines())
    return Wrapper(name, title, text, int(header[2]), header[3])


def schema_within(layers: Sequence[Wrapper]) -> pa.Schema:
    """The columns of lines, in wrappers or not."""
    return widened_schema() if layers else SCHEMA


def widened_schema() -> pa.Schema:
    """The columns of lines that came out of a wrapper."""
    import pyarrow as pa

    types = {"record_number": pa.int32(), "unfinished": pa.bool_()}
    return pa.schema([*SCHEMA, *((name, types.get(name, pa.string())) for name in WRAPPED)])


class FileLike(Protocol):
    path: Path
    modified_at: float


class Peeler:
    """Takes wrappers off the lines of one file, the outermost first."""

    def __init__(self, layers: Sequence[Wrapper], file: FileLike, head: bytes) -> None:
        """`head` is how the file begins, whatever part of it is peeled."""
        self._layers = [(layer, _joiner(layer, head)) for layer in layers]
        self._facts = _facts_of(file.path)
        self._file_at = datetime.fromtimestamp(file.modified_at, UTC).replace(tzinfo=None)
        self.records = 0  # handed on so far
        self.tail: Tail | None = None  # where an unfinished message at the end begins
        self.tail_records = 0  # handed on from there on

    def peel(
        self,
        batches: Iterator[pa.RecordBatch],
        progress: Progress | None = None,
        *,
        read_tail: bool = True,
    ) -> Iterator[pa.RecordBatch]:
        """Yield what is inside the lines: their columns and those of WRAPPED.

        What is unfinished at the end is given out, marked, and `tail` says where it begins; with
        `read_tail=False` it is not given out, nor what comes after its beginning.
        """
        cut: pa.RecordBatch | None = None
        for batch in batches:
            if progress and progress.tail_offset is not None:
                cut = batch  # the last line, which has no newline: its message may go on
            else:
                yield from self._through(batch)
        yield from self._end(cut, give_out=read_tail)

    def _through(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        table = self._opened(batch)
        # No layer sees what an earlier one holds back, and so must not count these lines.
        seen = table["line_number"][-1].as_py() if table.num_rows else 0
        for layer, joiner in self._layers:
            table = self._peeled(layer, table)
            if joiner:
                table, seen = joiner.take(table, seen)
        yield from self._given_out(table)

    def _end(self, cut: pa.RecordBatch | None, *, give_out: bool) -> Iterator[pa.RecordBatch]:
        import pyarrow.compute as pc

        from chertlog.ingest.parts import before_all

        table = None if cut is None else self._opened(cut)
        cut_line = None if table is None else table["line_number"][0].as_py()
        for layer, joiner in self._layers:
            table = None if table is None else self._peeled(layer, table)
            if joiner:
                table, tail = joiner.end(table, cut_line)
                if tail and (self.tail is None or tail < self.tail):
                    self.tail = tail
        if table is None:
            return
        if self.tail:
            self.tail = before_all(self.tail, table)
            later = pc.greater(table["line_number"], self.tail.lines)
            if give_out:
                self.tail_records = pc.sum(later).as_py() or 0
            else:  # an inner layer may hold what is whole, before what an outer one holds
                table = table.filter(pc.invert(later))
        yield from self._given_out(table)

    def _opened(self, batch: pa.RecordBatch) -> pa.Table:
        import pyarrow as pa

        con = _connection()
        con.execute("set variable file_at = $1", [self._file_at])
        return _widened(pa.Table.from_batches([batch]), self._facts)

    def _peeled(self, layer: Wrapper, table: pa.Table) -> pa.Table:
        if not table.num_rows or not layer.sql:
            return table
        con = _connection()
        con.register("lines", table)
        return con.sql(layer.sql).to_arrow_table().select(_names())

    def _given_out(self, table: pa.Table) -> Iterator[pa.RecordBatch]:
        self.records += table.num_rows
        yield from table.select(_names()[: -len(PART)]).cast(widened_schema()).to_batches()


def _joiner(layer: Wrapper, head: bytes) -> Joiner | None:
    from chertlog.ingest.parts import Joiner, Layout

    if layer.name not in JOINED:
        return None
    is_rows, is_document = layer.name == "rows", layer.name == "document"
    return Joiner(
        JOINED[layer.name],
        row=layer.looks_like if is_rows else None,
        document=Layout(_indent(head)) if is_document else None,
    )


def _indent(head: bytes) -> str | None:
    """What stands before the first and the last brace of each document, by how the first begins.

    None if that does not tell a last line: what is inside stands no further in, or begins on the
    same line.
    """
    text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").lstrip("\r\n")
    first, _, rest = text.partition("\n")
    if first.strip() not in ("[", "{") or re.match(r"[\s\[\]{},]*\n[^\s\[\]{},]", f"\n{rest}"):
        return None
    return re.match(r"[ \t]*", rest if first.strip() == "[" else first)[0]  # type: ignore[index]


def _facts_of(path: Path) -> dict[str, str | None]:
    for pattern in POD_PATHS:
        if match := pattern.search(str(path.absolute())):
            return {"wrapped_host": match["pod"], "wrapped_service": match["container"]}
    return {}


def _names() -> list[str]:
    return [*SCHEMA.names, *WRAPPED, *PART]


def _widened(table: pa.Table, facts: dict[str, str | None]) -> pa.Table:
    import pyarrow as pa

    for name in WRAPPED:
        type_ = widened_schema().field(name).type
        table = table.append_column(
            name, pa.repeat(pa.scalar(facts.get(name), type_), table.num_rows)
        )
    table = table.append_column("stream", pa.repeat(pa.scalar("", pa.string()), table.num_rows))
    table = table.append_column("part", pa.repeat(pa.scalar(False), table.num_rows))
    return table.append_column("ends_at", table["line_number"])


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    """A DuckDB of its own: the loading one is busy with the statement that asks for these lines."""
    import duckdb

    con = duckdb.connect()
    con.execute("set threads = 1")
    con.execute("set TimeZone = 'UTC'")
    con.execute("set enable_progress_bar = false")
    folder = resources.files("chertlog.ingest.readers")
    con.execute(folder.joinpath("common.sql").read_text("utf-8"))
    return con
