"""`chertlog export`: what other programs read from the files is what the views say."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from chertlog.ingest.cli import app
from chertlog.queries import exporting
from chertlog.queries.database import connect

HOSTILE = [
    '=HYPERLINK("http://evil.example","x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\x1b[31m=1",
    "\uff1d1", "http://evil.example", "-12", "1e5", "plain", "", 'with "quotes", and\nlines',
]  # fmt: skip


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["export", *map(str, arguments)])


@pytest.fixture
def logs(
    con: duckdb.DuckDBPyConnection,
    response: Any,
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    published: Callable[[], Path],
) -> Path:
    """Responses of three days and two surfaces, with hostile texts and lists."""
    for number, text in enumerate(HOSTILE, start=1):
        response(
            number, f"2026-11-{20 + number % 3} 10:{number:02}:00", user_agent=text,
            allowed_effects=["a", "=b"] if number % 2 else None,
            surface="v1" if number % 2 else "slack", duration_ms=number * 10,
        )  # fmt: skip
    published()
    monkeypatch.setenv("CHERTLOG_DATA_DIR", str(data_dir))
    return data_dir


def truth(data_dir: Path, columns: str = "*", where: str = "true") -> list[dict[str, Any]]:
    with connect(data_dir) as db:
        return db.rows(f"select {columns} from responses where {where} order by response_id")


def test_parquet_is_the_view(logs: Path, tmp_path: Path) -> None:
    said = run("responses", "-o", tmp_path / "r.parquet")
    assert said.exit_code == 0
    assert f"{len(HOSTILE)} rows of responses" in said.stderr
    table = pq.read_table(tmp_path / "r.parquet")
    rows = sorted(table.to_pylist(), key=lambda row: row["response_id"])
    assert rows == truth(logs)
    meta = pq.ParquetFile(tmp_path / "r.parquet").metadata
    assert meta.row_group(0).column(0).compression == "ZSTD"


def test_json_is_a_line_a_row(logs: Path, tmp_path: Path) -> None:
    assert run("responses", "-o", tmp_path / "r.json").exit_code == 0
    rows = [json.loads(line) for line in (tmp_path / "r.json").read_text().splitlines()]
    found = sorted((row["response_id"], row["user_agent"], row["allowed_effects"]) for row in rows)
    wanted = truth(logs, "response_id, user_agent, allowed_effects")
    assert found == [tuple(row.values()) for row in wanted]


def test_no_cell_of_csv_is_a_formula(logs: Path, tmp_path: Path) -> None:
    assert run("responses", "-o", tmp_path / "r.csv").exit_code == 0
    with (tmp_path / "r.csv").open(newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["response_id"])
    cells = [row["user_agent"] for row in rows]
    assert cells == [
        '\'=HYPERLINK("http://evil.example","x")', "'+1+1", "'-2+3", "'@SUM(A1)", "'\t=1",
        "[31m=1", "'\uff1d1", "http://evil.example", "-12", "1e5", "plain", "",
        'with "quotes", and\nlines',
    ]  # fmt: skip
    assert {row["allowed_effects"] for row in rows} == {'["a","=b"]', ""}
    assert [row["occurred_at"] for row in rows] == [
        str(row["occurred_at"]) for row in truth(logs, "occurred_at")
    ]


def test_no_cell_of_excel_is_a_formula_or_a_link(logs: Path, tmp_path: Path) -> None:
    assert run("responses", "-o", tmp_path / "r.xlsx").exit_code == 0
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["responses"]
    names, *rows = [list(row) for row in sheet.iter_rows()]
    column = {cell.value: n for n, cell in enumerate(names)}
    rows.sort(key=lambda row: row[column["response_id"]].value)
    wanted = truth(logs)
    for row, want in zip(rows, wanted, strict=True):
        assert {cell.data_type for cell in row} <= {"s", "n", "b", "d"}
        assert not any(cell.hyperlink for cell in row)
        agent = row[column["user_agent"]].value or ""
        assert agent.replace("_x001B_", "\x1b") == (want["user_agent"] or "")
        assert row[column["occurred_at"]].value == want["occurred_at"]
        assert row[column["duration_ms"]].value == want["duration_ms"]
        assert row[column["is_error"]].value is want["is_error"]
    assert sheet.freeze_panes == "A2"


def test_more_than_a_sheet_holds_is_said(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "XLSX_ROWS", 5)
    (tmp_path / "r.xlsx").write_text("older")
    said = run("responses", "-o", tmp_path / "r.xlsx")
    assert said.exit_code == 3
    assert "an Excel sheet holds 5 rows" in said.stderr
    assert (tmp_path / "r.xlsx").read_text() == "older"
    assert [path.name for path in tmp_path.glob("*r.xlsx*")] == ["r.xlsx"]


def test_a_lake_is_read_by_day_and_surface(logs: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    assert run("responses", "--lake", lake).exit_code == 0
    parts = {path.parent.relative_to(lake).as_posix() for path in lake.rglob("*.parquet")}
    assert parts == {
        f"responses/day=2026-11-2{day}/surface={surface}"
        for day in range(3)
        for surface in ("v1", "slack")
    }
    with duckdb.connect() as other:
        rows = other.execute(
            f"""
            select response_id, surface, day, occurred_at
            from read_parquet('{lake}/responses/**/*.parquet', hive_partitioning = true)
            order by response_id
            """
        ).fetchall()
    wanted = truth(logs, "response_id, surface, occurred_at::date as day, occurred_at")
    assert rows == [tuple(row.values()) for row in wanted]


def test_a_day_of_a_lake_is_replaced_whole(logs: Path, tmp_path: Path) -> None:
    """However short the stretch, so that nothing is doubled and no half of a day is lost."""
    lake = tmp_path / "lake"
    run("responses", "--lake", lake)
    before = {path: path.read_bytes() for path in lake.rglob("*.parquet")}
    said = run(
        "responses", "--lake", lake, "--since", "2026-11-21T10:05", "--until", "2026-11-21T10:06"
    )
    day = truth(logs, "*", "occurred_at::date = date '2026-11-21'")
    assert f"{len(day)} rows" in said.stderr
    count = sum(pq.read_table(path).num_rows for path in lake.rglob("*.parquet"))
    assert count == len(HOSTILE)
    assert {path for path in lake.rglob("*.parquet")} == set(before)
    assert not list(lake.rglob(".draft*"))


def test_a_stretch_of_time(logs: Path, tmp_path: Path) -> None:
    since, until = datetime(2026, 11, 21), datetime(2026, 11, 22)
    run("responses", "-o", tmp_path / "r.parquet", "--since", "2026-11-21", "--until", "2026-11-22")
    times = pq.read_table(tmp_path / "r.parquet")["occurred_at"].to_pylist()
    assert times and all(since <= at < until for at in times)
    whole = [row["occurred_at"] for row in truth(logs, "occurred_at")]
    assert len(times) == sum(since <= at < until for at in whole)
    run("responses", "-o", tmp_path / "z.parquet", "--since", "2026-11-21T01:00+01:00")
    late = pq.read_table(tmp_path / "z.parquet").num_rows
    assert late == sum(at >= since for at in whole)
    assert timedelta(0) < max(whole) - since


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["responses"], 2, "say where to"),
        (["responses", "-o", "r.txt"], 2, "the end of the name says no format"),
        (["nothing", "-o", "r.csv"], 1, "nothing"),
        (["trace", "-o", "r.csv"], 2, "trace is a table macro"),
        (["error_codes", "-o", "r.csv", "--since", "2026-11-21"], 2, "has no time"),
        (["responses", "-o", "r.csv", "--since", "soon"], 2, "is no length of time"),
        (["responses", "-o", "/nowhere/r.csv"], 3, "/nowhere"),
    ],
)
def test_wrong_use_is_said(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    arguments: list[str], code: int, why: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    said = run(*arguments)
    assert said.exit_code == code
    assert why in " ".join(said.stderr.split())
    assert not list(tmp_path.glob("*r.csv*"))


def test_an_export_is_recorded(logs: Path, tmp_path: Path) -> None:
    run("responses", "-o", tmp_path / "r.csv")
    entry = json.loads((logs / "audit.log").read_text().splitlines()[-1])
    assert (entry["did"], entry["view"]) == ("export", "responses")
