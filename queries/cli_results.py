"""Where results of `chertlog sql` go, and in which form.

Owns the choice between stdout and a file, and the promise that neither a terminal nor a
spreadsheet is steered by what stands in a log. The formats themselves are `results`' business.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from chertlog.queries.clean_text import safe_csv, safe_json
from chertlog.queries.cli_errors import note
from chertlog.queries.errors import ChertlogError

if TYPE_CHECKING:
    from chertlog.queries.results import Result

Shape = Literal["table", "csv", "json", "parquet"]


def write_result(result: "Result", shape: str, output: Path | None) -> None:
    """Write a result to stdout or to a file; how many rows there were goes to stderr."""
    body = _encoded(result, shape)
    if output is not None:
        write_file(output, body)
    elif shape == "parquet":
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()
    else:
        sys.stdout.write(body.decode())
        # Before the remark: where both streams are one, the remark belongs at the end.
        sys.stdout.flush()
    count = result.table.num_rows
    remark = f"{count:,} row{'' if count == 1 else 's'}"
    if result.truncated:
        remark = f"the first {remark}; there are more: --limit {count * 10} shows more"
    note(f"{remark}, in {output}" if output else remark)


def as_text(result: "Result", shape: str) -> str:
    """A result as table, csv or json, harmless for a terminal."""
    return _encoded(result, shape).decode()


def _encoded(result: "Result", shape: str) -> bytes:
    if shape == "table":
        from chertlog.queries.tables import draw_rows

        return draw_rows(result.columns, result.rows()).encode()
    if shape == "csv":
        return safe_csv(result.encode("csv").decode()).encode()
    if shape == "json":
        return safe_json(result.encode("json").decode()).encode()
    return result.encode("parquet")


def write_file(path: Path, body: bytes) -> None:
    """Write a file. Raises ChertlogError where that cannot be done."""
    try:
        path.write_bytes(body)
    except OSError as error:
        raise ChertlogError(
            "the file cannot be written", where=str(path), why=error.strerror or ""
        ) from None
