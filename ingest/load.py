"""One transaction a batch: from open files to events, rejected lines, responses and operations.

Owns: the order of the steps, the balance (lines = events + rejected + blank + duplicates, asserted
before commit), and the counts of each source. Lines are parsed by the SQL in `readers/`, merged by
`merge`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from chertlog.ingest import contexts, sql
from chertlog.ingest.blocks import (
    BLOCK_BYTES,
    HashLike,
    Progress,
    Start,
    gathered,
    line_batches,
)
from chertlog.ingest.erase import keep_out
from chertlog.ingest.errors import CannotRun
from chertlog.ingest.files import READ_ERRORS, LogFile, path_text
from chertlog.ingest.formats import Format
from chertlog.ingest.merge import merge
from chertlog.ingest.notes import mark_changed, note, set_meta
from chertlog.ingest.sources import Loaded, digest, first_line
from chertlog.ingest.wrapper import Peeler, schema_within
from chertlog.queries.transactions import transaction

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


# A file of at least so many lines, of which more than this share was rejected, is no log of ours.
FOREIGN_LINES, FOREIGN_SHARE = 20, 0.5

OnRead = Callable[[LogFile, int], None]
OnStage = Callable[[str], None]


@dataclass
class Item:
    """A file to load, and what became of it."""

    file: LogFile
    format: Format
    head: bytes
    grown_from: Loaded | None = None
    read_tail: bool = True
    replaces: list[int] = field(default_factory=list)  # sources that --reload forgets first
    goes_on: bool = False  # `progress` stands where the loaded beginning ends
    known_lines: int = 0  # of the loaded beginning (OTLP: records); they count as duplicates here
    source_no: int = 0
    progress: Progress = field(default_factory=Progress)
    tail_lines: int | None = None  # from where a longer copy would be read again
    peeled: int | None = None  # records that came out of the wrappers around the lines
    failure: str | None = None
    lines: int = 0
    events: int = 0
    rejected: int = 0
    blank: int = 0
    duplicates: int = 0
    erased: int = 0
    first_event_at: datetime | None = None
    last_event_at: datetime | None = None

    @property
    def loaded(self) -> Loaded:
        """The source that it becomes, as the database will know it."""
        head = first_line(self.head)
        return Loaded(
            source_no=self.source_no,
            path=path_text(self.file.path),
            sha256=self.progress.digest.hexdigest(),
            head_sha256=digest(head),
            head_bytes=len(head),
            content_bytes=self.progress.content_bytes,
            lines=self.lines,
            physical_lines=self.progress.lines,
            tail_offset=self.progress.tail_offset,
            tail_lines=self.tail_lines,
            format=self.format.name,
        )

    @property
    def start(self) -> Start:
        return self.grown_from.end if self.grown_from else Start()

    @property
    def brings_nothing(self) -> bool:
        """Only an unfinished line is new: the file will be looked at again when that is whole."""
        known = self.grown_from.content_bytes if self.grown_from else 0
        return bool(self.progress.tail_bytes) and self.progress.content_bytes == known

    @property
    def status(self) -> str:
        if self.failure:
            return "refused"
        if self.progress.tail_bytes:
            return "growing"
        return "grown" if self.grown_from else "loaded"


def load_batch(
    con: duckdb.DuckDBPyConnection,
    items: Sequence[Item],
    run_no: int,
    on_read: OnRead,
    on_stage: OnStage,
) -> None:
    """Load files in one transaction. Fills in the items; a file that fails is left out, whole.

    Raises CannotRun if the balance does not hold (nothing is kept), and what DuckDB raises.
    """
    with transaction(con):
        first = sql.value(con, "next_source_no")
        for offset, item in enumerate(items):
            item.source_no = first + offset
        on_stage("reading")
        _forget(con, [no for item in items for no in item.replaces])
        _reopen_tails(con, items)
        for alike in dict.fromkeys(item.format.statement for item in items):
            _parse(con, [item for item in items if item.format.statement == alike], on_read)
        on_stage("sorting out")
        _settle_lines(con, first, items)
        keep_out(con, first, items)
        on_stage("merging")
        merge(con, first)
        on_stage("counting")
        _count_events(con, first, items)
        changed = [item for item in items if not item.failure and not item.brings_nothing]
        _record(con, changed, run_no)
        # Last: a note takes the next free number, and those of the batch are given away already.
        for item in items:
            if item.failure:
                note(con, item.file.path, "refused", item.failure, run_no, item.file)
        if changed:
            set_meta(con, "newest_at", sql.value(con, "newest_event"))
            mark_changed(con)


def _forget(con: duckdb.DuckDBPyConnection, source_nos: list[int]) -> None:
    """Remove what sources brought; their traces are merged anew from what other logs say."""
    sql.run(con, "forgotten_traces", source_nos=source_nos)
    if source_nos:
        for name in ("forget_events", "forget_rejected_lines", "forget_sources"):
            sql.run(con, name, source_nos=source_nos)


def _reopen_tails(con: duckdb.DuckDBPyConnection, items: Sequence[Item]) -> None:
    """An unfinished end that was read belongs to the longer copy, which has it whole.

    That is the last line; of a wrapped file all from where an unfinished message begins.
    """
    for item in items:
        grown = item.grown_from
        if grown is None:
            continue
        item.known_lines = grown.lines
        if grown.tail_offset is None:
            continue
        place = {"source_no": grown.source_no, "line_number": grown.physical_lines}
        reopened = sql.run(con, "reopen_event", **place).fetchall()
        for trace_id, occurred_at in reopened:
            sql.run(con, "forget_trace", trace_id=trace_id, occurred_at=occurred_at)
        events = len(reopened)
        rejected = len(sql.run(con, "reopen_rejected_line", **place).fetchall())
        sql.run(con, "reopen_source", source_no=grown.source_no, events=events, rejected=rejected)
        taken_back = events + rejected if item.format.counts_records else grown.tail_lines
        item.known_lines -= taken_back or 1


def _parse(con: duckdb.DuckDBPyConnection, items: Sequence[Item], on_read: OnRead) -> None:
    """Read all files of one format with one statement."""
    import pyarrow as pa

    format_ = items[0].format
    contexts.sample(con, [(item.file, item.head, item.start) for item in items], format_)
    schema = schema_within(format_.wrappers)
    reader = pa.RecordBatchReader.from_batches(schema, gathered(_batches(items, on_read)))
    con.register("lines", reader)
    con.execute(contexts.statement("insert_events", format_))
    con.unregister("lines")
    sql.run(con, "learn_contexts", first=items[0].source_no)


def _batches(items: Sequence[Item], on_read: OnRead) -> Iterator[pa.RecordBatch]:
    for item in items:
        try:
            goes_on_at = item.progress.content_bytes
            digest = item.progress.digest.copy()
            batches = line_batches(
                item.file.stream_from(goes_on_at) if item.goes_on else item.file.stream(),
                item.source_no,
                item.progress,
                start=item.start,
                read_tail=item.read_tail,
            )
            if item.format.wrappers:
                peeler = Peeler(item.format.wrappers, item.file, item.head)
                batches = peeler.peel(batches, item.progress, read_tail=item.read_tail)
            for batch in batches:
                yield batch
                on_read(item.file, item.file.position())
            if item.progress.tail_offset is not None:
                item.tail_lines = 1
            if item.format.wrappers:
                item.peeled = peeler.records
                _set_tail(item, peeler, goes_on_at, digest)
        except READ_ERRORS as error:
            item.failure = (
                f"{reason_of(error)}, after line {item.progress.lines:,} "
                f"(byte {item.progress.content_bytes:,} of the content)"
            )
        on_read(item.file, item.file.file_bytes)


def _set_tail(item: Item, peeler: Peeler, begin: int, digest: HashLike) -> None:
    """Take note of an unfinished message at the end; `digest` is that of what precedes `begin`.

    What was read will be read again from where it begins. What was not is left out of the content.
    """
    progress, tail = item.progress, peeler.tail
    if tail is None:
        return
    if item.read_tail:
        # All of it counts as one line, as an unfinished line does.
        progress.tail_offset, progress.lines = tail.byte_offset, tail.lines + 1
        item.tail_lines = peeler.tail_records
        return
    progress.tail_bytes += progress.content_bytes - tail.byte_offset
    progress.content_bytes, progress.lines = tail.byte_offset, tail.lines
    while begin < tail.byte_offset and (
        piece := item.file.piece(begin, min(BLOCK_BYTES, tail.byte_offset - begin))
    ):
        digest.update(piece)
        begin += len(piece)
    progress.digest = digest


def reason_of(error: BaseException) -> str:
    """What a failed read says, in one line."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text.removesuffix(".")[:200]


def _settle_lines(con: duckdb.DuckDBPyConnection, first: int, items: Sequence[Item]) -> None:
    """Count what became of each line, move rejected lines to their table, refuse foreign files."""
    rows = sql.run(con, "tally_lines", first=first).fetchall()
    tally = {row[0]: row[1:] for row in rows}
    for item in items:
        item.lines, item.rejected, item.blank = tally.get(item.source_no, (0, 0, 0))
        item.events = item.lines - item.rejected - item.blank  # duplicates are still among them
        _require_balance(item)
        if item.lines >= FOREIGN_LINES and item.rejected > FOREIGN_SHARE * item.lines:
            item.failure = item.failure or _foreign(con, item)
        if item.failure:
            sql.run(con, "drop_source_events", source_no=item.source_no)
            item.lines = item.events = item.rejected = item.blank = 0
    if any(rejected or blank for _, _, rejected, blank in rows):
        sql.run(con, "move_rejected_lines", first=first)
        sql.run(con, "drop_unreadable", first=first)


def _require_balance(item: Item) -> None:
    """Every line that was read is accounted for, of a wrapped file every message.

    Where a line holds many records, only SQL sees how many.
    """
    read = item.progress.lines - item.start.lines if item.peeled is None else item.peeled
    if item.failure is None and not item.format.counts_records and item.lines != read:
        raise CannotRun(
            "the balance does not hold; nothing of this batch was kept",
            where=str(item.file.path),
            why=f"{read:,} lines were read, {item.lines:,} were accounted for",
            next="this is a fault of chertlog: please report it",
        )


def _foreign(con: duckdb.DuckDBPyConnection, item: Item) -> str:
    reasons = sql.run(con, "commonest_reasons", source_no=item.source_no).fetchall()
    listed = ", ".join(f"{reason} {lines:,}" for reason, lines in reasons)
    return (
        f"{item.rejected:,} of {item.lines:,} lines do not fit format {item.format.name} ({listed})"
    )


def _count_events(con: duckdb.DuckDBPyConnection, first: int, items: Sequence[Item]) -> None:
    """Take the final counts from the table itself; what is missing was a duplicate."""
    counted = {row[0]: row[1:] for row in sql.run(con, "count_events", first=first).fetchall()}
    for item in items:
        before = item.events
        found = counted.get(item.source_no, (0, None, None))
        item.events, item.first_event_at, item.last_event_at = found
        item.duplicates = before - item.events
        if not item.failure and not item.brings_nothing:
            item.duplicates += item.known_lines
            item.lines += item.known_lines


def _record(con: duckdb.DuckDBPyConnection, items: Sequence[Item], run_no: int) -> None:
    if items:
        sources = [_source_row(item) for item in items]
        sql.run(con, "insert_sources", sources=sources, run_no=run_no)


def _source_row(item: Item) -> dict[str, object]:
    return {
        **asdict(item.loaded),
        "file_bytes": item.file.file_bytes,
        "compression": item.file.compression,
        "status": item.status,
        "grown_from": item.grown_from.source_no if item.grown_from else None,
        "events": item.events,
        "rejected": item.rejected,
        "blank": item.blank,
        "duplicates": item.duplicates,
        "erased": item.erased,
        "first_event_at": item.first_event_at,
        "last_event_at": item.last_event_at,
    }
