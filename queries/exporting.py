"""Writes a view, or a stretch of time of it, to a file that other programs read.

Owns the formats and what may stand in them: a spreadsheet never takes a cell for a formula, and a
file is written whole or not at all. DuckDB writes Parquet, CSV and JSON itself, so that a view may
be larger than memory; Excel's own limit is a million rows.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chertlog.queries.audit import record
from chertlog.queries.errors import BadQuery, ChertlogError, QueryLimit
from chertlog.queries.relations import columns, find_relation

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from chertlog.queries.database import Connection

SUFFIXES = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".json": "json",
    ".ndjson": "json",
    ".xlsx": "xlsx",
}
# By which time of a view a stretch of it is meant, the first that it has.
TIMES = (
    "occurred_at",
    "received_at",
    "minute",
    "hour",
    "started_at",
    "first_at",
    "first_seen_at",
    "day",
)
XLSX_ROWS = 1_048_575
MEMORY_LIMIT = "1GB"


@dataclass(frozen=True)
class Stretch:
    """From one time to another, naive UTC, the end excluded; None is open."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def whole_days(self) -> Stretch:
        """All days that it touches: a day of a lake is replaced whole or not at all."""
        since = _midnight(self.since) if self.since else None
        until = self.until
        if until and until != _midnight(until):
            until = _midnight(until) + timedelta(days=1)
        return Stretch(since, until)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def export_file(
    location: Path, view: str, target: Path, stretch: Stretch, on_progress: Callable[[float], None]
) -> int:
    """Write a view to a file, in the format that its name says. Returns the number of rows.

    `on_progress` is told percents. Raises NotFound for an unknown view, BadQuery for a name without
    a known format or a view without a time, ChertlogError if the file cannot be written.
    """
    kind = SUFFIXES.get(target.suffix.lower())
    if kind is None:
        raise BadQuery(
            f"{target.name}: the end of the name says no format",
            next=f"name a file that ends with {', '.join(sorted(SUFFIXES))}",
        )
    with _opened(location, view) as (con, types):
        rows = f"from {_selected(types, view, stretch, plain=kind == 'csv')}"
        draft = target.with_name(f".{target.name}.tmp")
        try:
            if kind == "xlsx":
                count = _xlsx(con, rows, view, draft)
            else:
                count = _copy(con, rows, draft, _OPTIONS[kind], on_progress)
            draft.replace(target)
        except OSError as error:
            raise _not_written(target, error) from None
        finally:
            draft.unlink(missing_ok=True)
    return count


def export_lake(
    location: Path, view: str, lake: Path, stretch: Stretch, on_progress: Callable[[float], None]
) -> int:
    """Write a view as Parquet into LAKE/view/day=…/surface=…/; days that are there are replaced,
    so every day that the stretch touches is written whole.

    A view without a surface is split by day alone. Returns the number of rows; raises as
    `export_file`.
    """
    folder = lake / view
    with _opened(location, view) as (con, types):
        time = _time_of(types, view)
        keys = ["day", *(["surface"] if "surface" in types else [])]
        select = f"from {_selected(types, view, stretch.whole_days)} select *, {time}::date as day"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder))
            try:
                count = _copy(
                    con,
                    select,
                    draft,
                    f"format parquet, compression zstd, partition_by ({', '.join(keys)}), "
                    "overwrite_or_ignore true, write_partition_columns false",
                    on_progress,
                )
                for day in sorted(draft.glob("day=*")):
                    shutil.rmtree(folder / day.name, ignore_errors=True)
                    day.replace(folder / day.name)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
        except OSError as error:
            raise _not_written(folder, error) from None
    return count


_OPTIONS = {
    "parquet": "format parquet, compression zstd",
    "csv": "format csv, header true",
    "json": "format json",
}


@contextmanager
def _opened(location: Path, view: str) -> Iterator[tuple[DuckDBPyConnection, dict[str, str]]]:
    """A connection that may write files, and the columns of a view with their types."""
    import duckdb

    from chertlog.queries.database import connect

    with connect(location) as db, tempfile.TemporaryDirectory(prefix="chertlog-") as spill:
        record(db.path, "export", door="chertlog export", view=view)
        types = _types(db, view)
        con = duckdb.connect(str(db.path), read_only=True)
        try:
            con.execute("set TimeZone = 'UTC'")
            con.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
            con.execute("set temp_directory = $1", [spill])
            con.execute("set enable_progress_bar = true")
            con.execute("set enable_progress_bar_print = false")
            yield con, types
        except duckdb.OutOfMemoryException as error:
            raise QueryLimit(
                "the export needs more memory than there is",
                why=str(error).partition("\n")[0],
                next="export a shorter time: --since, --until",
            ) from None
        except duckdb.IOException as error:
            raise ChertlogError(
                "the export was not written", why=str(error).partition("\n")[0]
            ) from None
        finally:
            con.close()


def _types(db: Connection, view: str) -> dict[str, str]:
    relation = find_relation(db, view)
    if relation.kind != "view":
        raise BadQuery(f"{view} is a {relation.kind}", next="export a view, or use chertlog sql")
    return {name: type_ for name, type_, _ in columns(db, view)}


def _time_of(types: dict[str, str], view: str) -> str:
    for name in TIMES:
        if name in types:
            return name
    raise BadQuery(f"{view} has no time to export a part by", next="export all of it")


def _selected(types: dict[str, str], view: str, stretch: Stretch, *, plain: bool = False) -> str:
    """The view, or the stretch of it, as a subquery; `plain` makes every cell a spreadsheet's."""
    cells = ", ".join(_plain(name, type_) for name, type_ in types.items()) if plain else "*"
    bounds = []
    if stretch.since or stretch.until:
        time = _time_of(types, view)
        if stretch.since:
            bounds.append(f"{time} >= timestamp '{stretch.since}'")
        if stretch.until:
            bounds.append(f"{time} < timestamp '{stretch.until}'")
    where = f" where {' and '.join(bounds)}" if bounds else ""
    return f"(select {cells} from {view}{where})"


def _plain(name: str, type_: str) -> str:
    """A cell as CSV holds it: lists and structs are JSON, and no text begins a formula.

    The characters are those of `clean_text.safe_csv`.
    """
    if type_ == "VARCHAR":
        text = f'"{name}"'
    elif type_.endswith("[]") or type_.startswith("STRUCT"):
        text = f'to_json("{name}")::varchar'
    else:
        return f'"{name}"'
    shown = f"regexp_replace({text}, '[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f]', '', 'g')"
    formula = (
        f"regexp_matches({shown}, '^[=+@\\t\\r\\n＝＋－＠-]')"  # noqa: RUF001
        f" and not regexp_full_match({shown}, '-?[0-9]+(?:\\.[0-9]*)?(?:[eE][+-]?[0-9]+)?')"
    )
    return f"case when {formula} then '''' || {shown} else {shown} end as \"{name}\""


def _copy(
    con: DuckDBPyConnection,
    rows: str,
    target: Path,
    options: str,
    on_progress: Callable[[float], None],
) -> int:
    from threading import Event, Thread

    done = Event()

    def watch() -> None:
        while not done.wait(0.2):
            on_progress(max(con.query_progress(), 0))

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        name = str(target).replace("'", "''")
        (count,) = con.execute(f"copy ({rows}) to '{name}' ({options})").fetchall()[0]
    finally:
        done.set()
        watcher.join()
    return int(count)


def _xlsx(con: DuckDBPyConnection, rows: str, view: str, target: Path) -> int:
    import xlsxwriter

    result = con.execute(rows)
    names = [str(column[0]) for column in result.description or ()]
    # Text stays text: nothing in a log becomes a formula, a link or a number.
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
        "default_date_format": "yyyy-mm-dd hh:mm:ss.000",
    }
    with xlsxwriter.Workbook(str(target), options) as book:
        sheet = book.add_worksheet(view[:31])
        sheet.freeze_panes(1, 0)
        bold = book.add_format({"bold": True})
        for column, name in enumerate(names):
            sheet.write_string(0, column, name, bold)
            sheet.set_column(column, column, max(10, min(24, len(name) + 3)))
        count = 0
        while chunk := result.fetchmany(10_000):
            if count + len(chunk) > XLSX_ROWS:
                raise QueryLimit(
                    f"an Excel sheet holds {XLSX_ROWS:,} rows, and this is more",
                    next="export a shorter time (--since, --until), or to .parquet or .csv",
                )
            for row in chunk:
                count += 1
                for column, value in enumerate(row):
                    _write_cell(sheet, count, column, value)
        sheet.autofilter(0, 0, max(count, 1), len(names) - 1)
    return count


def _write_cell(sheet: Any, row: int, column: int, value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, datetime | date):
        sheet.write_datetime(row, column, value)
    elif (isinstance(value, int) and abs(value) < 2**53) or isinstance(value, float):
        sheet.write_number(row, column, value)
    elif isinstance(value, list | dict):
        sheet.write_string(row, column, json.dumps(value, default=str)[:32_767])
    else:
        sheet.write_string(row, column, str(value)[:32_767])


def _not_written(target: Path, error: OSError) -> ChertlogError:
    return ChertlogError(
        "it cannot be written", where=str(target), why=error.strerror or str(error)
    )
