"""What is wrapped around log lines by whatever carried them, taken off before they are parsed.

Owns: finding the wrappers in `wrappers/*.sql`, and peeling one file through them in pieces. A
wrapper is one SQL text over the relation `lines`; it says what is inside each line, and what it
knows itself: time, host, service, level. A line that does not fit gets the flaw `wrapper`.

Some wrappers cut a long message into parts. Those of one stream are joined, over the borders of
pieces, too; a message whose last part never comes is handed on as it is, marked `unfinished`.
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

from chertlog.ingest.blocks import SCHEMA

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

# What a wrapper knows about a line, beside the columns that every line has (blocks.SCHEMA).
WRAPPED = (
    "record_number",
    "wrapped_at",
    "wrapped_host",
    "wrapped_service",
    "wrapped_level",
    "unfinished",
)
# Where Kubernetes keeps logs: both ways name pod and container.
POD_PATHS = (
    re.compile(r"/pods/[^/_]+_(?P<pod>[^/_]+)_[^/]+/(?P<container>[^/]+)/[^/]+$"),
    re.compile(r"(?:^|/)(?P<pod>[^/_]+)_[^/_]+_(?P<container>[^/_]+)-[0-9a-f]{64}\.log[^/]*$"),
)
JOINED = {"docker": "", "cri": "", "document": "\n"}  # wrappers with parts, and what joins them


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
        self._layers = layers
        self._facts = _facts_of(file.path)
        self._file_at = datetime.fromtimestamp(file.modified_at, UTC).replace(tzinfo=None)
        self._document_end = document_end(head)
        self._open: list[pa.Table | None] = [None] * len(layers)
        self.records = 0  # handed on so far

    def peel(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield what is inside the lines: their columns and those of WRAPPED."""
        for batch in batches:
            yield from self._through(batch, last=False)
        yield from self._through(None, last=True)

    def _through(self, batch: pa.RecordBatch | None, *, last: bool) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        con = _connection()
        con.execute("set variable file_at = $1", [self._file_at])
        con.execute("set variable document_end = $1", [self._document_end])
        table = None if batch is None else _widened(pa.Table.from_batches([batch]), self._facts)
        for number, layer in enumerate(self._layers):
            if table is not None:
                con.register("lines", table)
                table = con.sql(layer.sql).to_arrow_table()
            if layer.name in JOINED:
                table = self._joined(number, layer, table, last=last)
            if table is not None:
                table = table.select([*_names(), "stream", "part"])
        if table is not None and table.num_rows:
            self.records += table.num_rows
            yield from table.select(_names()).cast(widened_schema()).to_batches()

    def _joined(
        self, number: int, layer: Wrapper, table: pa.Table | None, *, last: bool
    ) -> pa.Table | None:
        """Put parts together; keep what is open for the next piece, or give it out at the end."""
        import pyarrow as pa
        import pyarrow.compute as pc

        from chertlog.ingest import parts

        held, self._open[number] = self._open[number], None
        given = [part for part in (held, table) if part is not None and part.num_rows]
        if not given:
            return None
        peeled = pa.concat_tables(given)
        if held is None and not pc.any(peeled["part"]).as_py():
            whole, open_ = peeled, peeled.slice(0, 0)
        else:
            whole, open_ = parts.joined(peeled, JOINED[layer.name])
        if not last:
            self._open[number] = parts.shortened(open_) if open_.num_rows else None
            return parts.bare(whole) if layer.name == "document" else whole
        if layer.name == "document":
            return parts.bare(pa.concat_tables([whole, open_]))
        return pa.concat_tables([whole, parts.marked_unfinished(open_)])


def document_end(head: bytes) -> str:
    """The pattern of a line that ends a document laid out over lines, by how the first begins."""
    text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").lstrip("\r\n")
    first, _, rest = text.partition("\n")
    if first.strip() == "[":
        indent = re.match(r"[ \t]*", rest)
        return rf"{indent[0] if indent else ''}\}}\s*,?\s*"
    return r"\}\s*"


def _facts_of(path: Path) -> dict[str, str | None]:
    for pattern in POD_PATHS:
        if match := pattern.search(str(path.absolute())):
            return {"wrapped_host": match["pod"], "wrapped_service": match["container"]}
    return {}


def _names() -> list[str]:
    return [*SCHEMA.names, *WRAPPED]


def _widened(table: pa.Table, facts: dict[str, str | None]) -> pa.Table:
    import pyarrow as pa

    for name in WRAPPED:
        type_ = widened_schema().field(name).type
        table = table.append_column(
            name, pa.repeat(pa.scalar(facts.get(name), type_), table.num_rows)
        )
    table = table.append_column("stream", pa.repeat(pa.scalar("", pa.string()), table.num_rows))
    return table.append_column("part", pa.repeat(pa.scalar(False), table.num_rows))


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
