"""The vocabulary of these tests: bytes in, what a format makes of each record out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from chertlog.ingest import blocks
from chertlog.ingest.blocks import Progress, line_batches
from chertlog.ingest.detection import detect, named
from chertlog.ingest.formats import Format, formats
from chertlog.ingest.privacy import KEY_VARIABLE, Key, install
from chertlog.ingest.wrapper import Peeler, schema_within

Row = dict[str, Any]


@dataclass
class Unnamed:
    """A file of which only path and time are asked for."""

    path: Path = Path("app.log")
    modified_at: float = 1795305600.0  # 2026-11-22T00:00:00Z


class Reading:
    """Recognises bytes and reads them, as loading does, but stores nothing."""

    def __init__(self) -> None:
        self.con = duckdb.connect()
        self.con.execute("set threads = 1")
        self.con.execute("set TimeZone = 'UTC'")
        install(self.con, Key(os.environ[KEY_VARIABLE].encode()))
        self.known = formats()
        self._prepared: dict[tuple[str, str], str] = {}
        self._read: dict[Path, list[Row]] = {}
        for wide in (False, True):
            nothing = pa.Table.from_batches([], schema_within([None] if wide else []))
            assert nothing.num_rows == 0
            self.con.execute(f"create table lines_{wide} as from nothing")

    def format_of(self, data: bytes) -> str | None:
        found = detect(data, self.known)
        return found.format.name if found else None

    def known_for(self, data: bytes) -> Format:
        """The format that the bytes are in, with the columns that they name."""
        found = detect(data, self.known)
        assert found is not None, data[:200]
        return found.format

    def rows(
        self,
        data: bytes,
        format_: str | Format | None = None,
        *,
        file: Unnamed | None = None,
        block: int | None = None,
        zone: str = "UTC",
    ) -> list[Row]:
        """What each record becomes, in order of lines; without a format the bytes tell it."""
        if format_ is None:
            detected = detect(data, self.known)
            assert detected is not None, data[:200]
            format_ = detected.format
        elif isinstance(format_, str):
            format_ = named(self.known, format_)
        self.con.execute("set variable time_zone = $1", [zone])
        usual = blocks.BLOCK_BYTES
        blocks.BLOCK_BYTES = block or usual
        try:
            lines = line_batches(BytesIO(data), 1, Progress())
            layers = format_.wrappers
            if layers:
                lines = Peeler(layers, file or Unnamed(), data).peel(lines)
            found = pa.Table.from_batches(list(lines), schema_within(layers))
        finally:
            blocks.BLOCK_BYTES = usual
        table = f"lines_{bool(layers)}"
        self.con.execute(f"truncate {table}")
        self.con.execute(f"insert into {table} from found")
        result = self.con.execute(f"execute {self._statement(format_, table, zone)}")
        names = [column[0] for column in result.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        assert format_.counts_records or len(rows) == found.num_rows  # none is lost
        return sorted(rows, key=lambda row: (row["line_number"], row.get("record_number") or 0))

    def of_file(self, path: Path) -> list[Row]:
        """The rows of a sample file, read once."""
        if path not in self._read:
            self._read[path] = self.rows(path.read_bytes())
        return self._read[path]

    def events_of(self, path: Path) -> list[Row]:
        return [row for row in self.of_file(path) if row["reject_reason"] is None]

    def events(self, data: bytes, format_: str | Format | None = None, **given: Any) -> list[Row]:
        return [r for r in self.rows(data, format_, **given) if r["reject_reason"] is None]

    def _statement(self, format_: Format, table: str, zone: str) -> str:
        key = (format_.name + table + zone, format_.sql)
        if key not in self._prepared:
            # Once: planning such a statement takes far longer than a few lines do.
            name = self._prepared[key] = f"s{len(self._prepared)}"
            self.con.execute(
                f"prepare {name} as select * exclude (context), unnest(redact_context(context)) "
                f"from ({format_.sql.replace('from lines', f'from {table}')})"
            )
        return self._prepared[key]


@pytest.fixture(scope="session")
def reading() -> Iterator[Reading]:
    made = Reading()
    yield made
    made.con.close()


@pytest.fixture(scope="session")
def samples() -> Path:
    return Path(__file__).parents[2] / "sample_logs"


@pytest.fixture(scope="session")
def cut() -> Callable[[Row, Sequence[str]], Row]:
    """Some columns of a row, without those that are NULL."""
    return lambda row, names: {name: row[name] for name in names if row[name] is not None}
