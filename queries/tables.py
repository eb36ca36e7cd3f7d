"""Draws rows in the terminal: a table if it fits, else one block per row.

Owns how values look to people (numbers, times, NULL) and the way from rich to stdout. Files
(csv, json, parquet) are `results`' business. Everything is drawn as text, never as markup.
"""

import io
import re
import shutil
import sys
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chertlog.queries.clean_text import clean, clean_line

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

Rows = Sequence[Sequence[Any]]

# Only counts get thousands separators: 4002 is a code, and 2026 may be a year.
_COUNT = re.compile(
    r"(?:.*_)?(?:errors|responses|operations|attempts|retries|tenants|failures|lines|events|rejected"
    r"|blank|duplicates|unclassified|files|loaded|refused|records|violations|bytes|count|sources"
    r"|accepted|rows|n)|count_star\(\)|(?:count|sum|approx_count_distinct)\(.*"
)
# A longer text may be broken over lines of this length; a heading, of that.
_LEGIBLE, _HEADING = 24, 8
_UNBOUNDED = 1_000_000


def shown(value: Any, column: str = "") -> str:
    """One value as people read it, on one line."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value:,}" if _COUNT.fullmatch(column) else str(value)
    if isinstance(value, float | Decimal):
        return f"{value:.6g}"
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(shown(each) for each in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{clean_line(k)}: {shown(v)}" for k, v in value.items()) + "}"
    if isinstance(value, date):
        return value.isoformat()
    return clean_line(value.hex() if isinstance(value, bytes) else value)


def time_text(at: datetime | None) -> str:
    """A time to the millisecond, or to the second where it has no fraction."""
    if at is None:
        return "–"
    text = at.isoformat(sep=" ", timespec="milliseconds" if at.microsecond else "seconds")
    return text.replace("+00:00", "")


def draw_rows(columns: Sequence[str], rows: Rows) -> str:
    """The rows as a table as wide as the terminal, or in blocks if it would not be legible."""
    cells = [[shown(v, c) for v, c in zip(row, columns, strict=True)] for row in rows]
    room = terminal_width()
    heads = [clean_line(name) for name in columns]
    if rows and _narrowest(heads, cells) > room:
        heads = [_broken(name, _widest(cells, i)) for i, name in enumerate(heads)]
        if _narrowest(heads, cells) > room:
            return _blocks(columns, cells)
    right = [_is_numeric([row[i] for row in rows]) for i in range(len(columns))]
    return to_text(_table(heads, cells, right))


def terminal_width() -> int:
    """Columns of the terminal; without bound where the output goes to a file or a pipe."""
    return shutil.get_terminal_size((100, 24)).columns if sys.stdout.isatty() else _UNBOUNDED


def text_width() -> int:
    """Columns for running text."""
    return min(terminal_width(), 100)


def to_text(*parts: "RenderableType", width: int | None = None) -> str:
    """What rich draws, as text for stdout; in colour if stdout is a terminal."""
    from rich.console import Console

    # Into a string first: rich would answer a closed pipe with an exit code of its own.
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=width or terminal_width(),
        force_terminal=sys.stdout.isatty(),
        highlight=False,
        markup=False,
        emoji=False,
    )
    for part in parts:
        console.print(part)
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


def say(text: str) -> None:
    """Write a result to stdout."""
    sys.stdout.write(text)


def plain_table(
    columns: Sequence[str], rows: Rows, right: Sequence[int] = (), whole: Sequence[int] = ()
) -> "Table":
    """A table of ready texts, for the stories and cards; columns in `whole` are never broken."""
    table = _table(
        columns,
        [[clean(each) for each in row] for row in rows],
        [i in right for i in range(len(columns))],
    )
    for i in whole:
        table.columns[i].no_wrap = True
    return table


def _table(
    columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool]
) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
        header_style="bold",
        show_edge=False,
    )
    for name, is_right in zip(columns, right, strict=True):
        table.add_column(
            Text(name),
            justify="right" if is_right else "left",
            # Numbers are never broken: half a number is a wrong number.
            no_wrap=is_right,
            overflow="fold",
        )
    for row in cells:
        table.add_row(*(Text(cell, style="dim" if cell == "–" else "") for cell in row))
    return table


def _narrowest(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> int:
    """The width below which cells would be torn into slivers."""
    heads = [max(map(len, name.split("\n"))) for name in columns]
    widths = [max(head, _widest(cells, i)) for i, head in enumerate(heads)]
    return sum(widths) + 2 * len(widths)


def _widest(cells: Sequence[Sequence[str]], i: int) -> int:
    return max(min(len(row[i]), _LEGIBLE) for row in cells)


def _broken(name: str, width: int) -> str:
    """A heading in lines about as wide as its column, parted after underscores."""
    lines = [""]
    for part in name.replace("_", "_\n").split("\n"):
        if lines[-1] and len(lines[-1] + part) > max(width, _HEADING):
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _blocks(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    from rich.table import Table
    from rich.text import Text

    blocks: list[RenderableType] = []
    for number, row in enumerate(cells, start=1):
        grid = Table.grid(padding=(0, 2))
        for name, cell in zip(columns, row, strict=True):
            grid.add_row(Text(clean_line(name), style="bold"), Text(cell))
        blocks += [Text(f"── row {number} " + "─" * 20, style="dim"), grid]
    return to_text(*blocks)


def _is_numeric(values: Sequence[Any]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(
        isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in known
    )
