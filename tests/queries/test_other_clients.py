"""docs/sql.md is true: what it tells people to run in a notebook runs, and says what we say."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chertlog.queries import connect

from ..sums import fill_sums

DOCUMENT = Path(__file__).parents[2] / "docs" / "sql.md"


def test_the_cell_for_jupyter(
    con: duckdb.DuckDBPyConnection,
    response: Callable[..., None],
    published: Callable[[], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two errors on one day and one on the next, counted by the cell itself."""
    refused = {"is_error": True, "error_code": 4002, "retryable": True, "http_status": 503}
    for number, at in enumerate(["11-21 10:00", "11-21 11:30", "11-22 09:00"], 1):
        response(number, f"2026-{at}:10", **refused)
    response(9, "2026-11-22 09:30:00")
    fill_sums(con)
    (tmp_path / "chertlog-data").symlink_to(published())
    monkeypatch.chdir(tmp_path)
    (cell,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.S)
    *steps, last = cell.strip().splitlines()
    said: dict[str, Any] = {}
    exec("\n".join(steps), said)
    by_day = eval(last, said)
    assert by_day.tolist() == [2, 1]
    assert said["db"].execute("select count(*) from responses").fetchone() == (4,)
    with connect(tmp_path / "chertlog-data") as db:
        assert said["errors"].equals(db.sql("from errors_by_code"))
    said["db"].close()
