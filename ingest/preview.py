"""What a file would become, from its first lines: its format, its first events, what is rejected.

Owns: running a reader on the beginning of one file. Loads nothing, writes nothing, and uses a key
of its own that nobody else has.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from chertlog.ingest.blocks import Progress, line_batches
from chertlog.ingest.detection import Detected
from chertlog.ingest.privacy import Key, install
from chertlog.ingest.wrapper import Peeler, schema_within

if TYPE_CHECKING:
    import duckdb

    from chertlog.ingest.files import LogFile

EVENT_COLUMNS = (
    "occurred_at", "level", "event", "trace_id", "otel_trace_id", "xray_trace_id", "request_id",
    "tenant_id", "surface", "http_method", "url_path", "http_status", "duration_ms", "error_code",
    "service", "host", "detail",
)  # fmt: skip


@dataclass(frozen=True)
class Preview:
    """The beginning of a file as it would be loaded. Each row names its columns; none is NULL."""

    lines: int
    events: int
    blank: int
    rejected: int
    reasons: list[tuple[str, int]]  # the commonest first
    first_events: list[dict[str, Any]]
    first_rejected: list[dict[str, Any]]


class Previewer:
    """A DuckDB in memory with the readers' macros, for one or many files."""

    def __init__(self, time_zone: str) -> None:
        import duckdb

        self._con: duckdb.DuckDBPyConnection = duckdb.connect()
        self._con.execute("set TimeZone = 'UTC'")
        self._con.execute("set enable_progress_bar = false")
        install(self._con, Key(secrets.token_bytes(32)))
        self._con.execute("set variable time_zone = $1", [time_zone])

    def close(self) -> None:
        self._con.close()

    def of(self, file: LogFile, head: bytes, detected: Detected, shown: int) -> Preview:
        """Read the first lines of `file`, and show `shown` events and rejected lines."""
        import pyarrow as pa

        is_whole = len(head) == file.file_bytes and file.compression == "none"
        batches = line_batches(BytesIO(head), 0, Progress(), read_tail=is_whole)
        layers = detected.format.wrappers
        if layers:
            batches = Peeler(layers, file, head).peel(batches, read_tail=is_whole)
        table = pa.Table.from_batches(list(batches), schema_within(layers))
        self._con.register("lines", table)
        self._con.execute(
            "create or replace temp table found as select * exclude (context), "
            f"unnest(redact_context(context)) from ({detected.format.sql})"
        )
        counted = self._rows(
            "select count(*), count(*) filter (reject_reason is null), "
            "count(*) filter (reject_reason = 'blank') from found"
        )[0]
        reasons = self._rows(
            "select reject_reason, count(*) as lines from found where reject_reason <> 'blank' "
            "group by all order by lines desc, reject_reason"
        )
        columns = [name for name in EVENT_COLUMNS if name in self._columns()]
        return Preview(
            lines=counted[0],
            events=counted[1],
            blank=counted[2],
            rejected=counted[0] - counted[1] - counted[2],
            reasons=[(reason, lines) for reason, lines in reasons],
            first_events=self._shown(["line_number", *columns], "reject_reason is null", shown),
            first_rejected=self._shown(
                ["line_number", "byte_offset", "reject_reason", "detail"],
                "reject_reason <> 'blank'",
                shown,
            ),
        )

    def _shown(self, columns: Sequence[str], condition: str, shown: int) -> list[dict[str, Any]]:
        rows = self._rows(
            f"select {', '.join(columns)} from found where {condition} "
            f"order by line_number limit {shown}"
        )
        named = (dict(zip(columns, row, strict=True)) for row in rows)
        return [{name: v for name, v in row.items() if v is not None} for row in named]

    def _columns(self) -> set[str]:
        return {row[0] for row in self._rows("select column_name from (describe found)")}

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._con.execute(query).fetchall()
