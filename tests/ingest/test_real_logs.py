"""The files of sample_logs/: real ones that nobody here shaped, a README that cannot go stale."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).parents[2] / "sample_logs"
FOLDERS = ("day", "formats", "damage", "real")
ROW = re.compile(r"\| `([^`]+)` \| (.*) \|")
COUNTS = ("lines", "events", "rejected", "blank", "duplicates")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory, short_day: Any) -> Any:
    """All sample files, loaded in one run in the README's order."""
    store = type(short_day.store)(tmp_path_factory.mktemp("samples") / "data")
    summary = store.ingest(*[SAMPLES / folder for folder in FOLDERS])
    assert summary.exit_code == 1  # some of them are refused, and no check failed
    assert summary.failures == ()
    assert store.unbalanced() == []
    return store


@pytest.fixture(scope="module")
def readme() -> dict[str, list[str]]:
    """The cells behind the file names in README's tables, by file."""
    found: dict[str, list[str]] = {}
    for name, cells in ROW.findall((SAMPLES / "README.md").read_text("utf-8")):
        found.setdefault(name, []).append(cells)
    return found


def name_of(path: str) -> str:
    return str(Path(path).relative_to(SAMPLES))


def test_the_readme_says_what_is_found(samples: Any, readme: dict[str, list[str]]) -> None:
    reasons: dict[str, Counter[str]] = {}
    for path, reason in samples.sql("select path, reason from rejected_lines"):
        reasons.setdefault(name_of(path), Counter())[reason] += 1
    found = {}
    for row in samples.rows("select * from sources"):
        name = name_of(row["path"])
        numbers = " | ".join(str(row[count]) for count in COUNTS)
        listed = ", ".join(f"{reason} {n}" for reason, n in sorted(reasons.get(name, {}).items()))
        found[name] = f"{row['status']} | {numbers} | {listed}".rstrip()
    said = {name: cells[0].split(" | ", 1)[1].rstrip() for name, cells in readme.items()}
    assert found == said


def test_the_readme_names_every_file(readme: dict[str, list[str]]) -> None:
    files = {name_of(str(path)) for path in SAMPLES.rglob("*") if path.is_file()}
    assert files - {"README.md"} == readme.keys()


def test_real_files_are_unchanged_and_their_origin_is_named(readme: dict[str, list[str]]) -> None:
    real = [path for path in SAMPLES.joinpath("real").iterdir() if path.is_file()]
    assert len(real) == 12
    for path in real:
        origin = readme[name_of(str(path))][1]
        assert hashlib.sha256(path.read_bytes()).hexdigest() in origin
        assert "BSD-2-Clause" in origin or "MIT" in origin


def test_the_samples_are_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) < 1_500_000


def test_the_sample_day_shows_something(samples: Any) -> None:
    """All surfaces, errors under 200, a line in every log, and a 4002."""
    assert set(samples.column("select surface from responses where is_error is not null")) == {
        "v1",
        "salesforce",
        "hubspot",
        "slack",
    }
    assert samples.column("select bool_or(is_logical_failure) from responses") == [True]
    assert samples.column("select max(len(seen_in)) from responses") == [3]
    assert 4002 in samples.column("select distinct error_code from responses")


def events_of(samples: Any, name: str, columns: str) -> list[tuple[Any, ...]]:
    return list(
        samples.sql(
            f"select {columns} from events as e inner join sources as s using (source_id)"
            " where s.path = $1 order by e.line_number, e.record_number",
            str(SAMPLES / "real" / name),
        )
    )


def test_real_nginx_log(samples: Any) -> None:
    """Strict combined lines are events with their status; the line of the error log is none."""
    rows = events_of(samples, "nginx_combined_crowdsec.log", "e.line_number, e.http_status")
    assert rows == [(1, 404), (2, 500), (3, 500), (7, 200)]
    (error,) = samples.rows(
        "select * from rejected_lines where path like '%crowdsec%' and line_number = 9"
    )
    assert error["reason"] == "syntax"
    lines = (SAMPLES / "real" / "nginx_combined_crowdsec.log").read_bytes()
    assert lines[error["byte_offset"] :].startswith(b"2021/12/01 13:53:33 [error]")


def test_real_apache_log(samples: Any) -> None:
    rows = events_of(
        samples, "apache_combined_lnav.log", "e.line_number, e.occurred_at, e.url_path"
    )
    assert rows == [
        (1, datetime(2009, 7, 20, 22, 59, 26), "/vmw/cgi/tramp"),
        (3, datetime(2009, 7, 20, 22, 59, 29), "/vmw/vSphere/default/vmkernel.gz"),
    ]


def test_real_collector_export(samples: Any) -> None:
    """Eleven records in six lines, none of Chert's: events, and no responses."""
    rows = events_of(
        samples,
        "otlp_lnav.jsonl",
        "e.line_number, e.level, e.otel_trace_id, e.trace_id, e.occurred_at",
    )
    assert len(rows) == 11
    assert Counter(row[1] for row in rows) == Counter(
        {"info": 5, "warn": 1, "error": 1, "trace": 1, "debug": 1, "fatal": 1, None: 1}
    )
    assert {row[0] for row in rows} == {1, 2, 3, 4, 5, 6}
    traces = [row[2] for row in rows if row[2] is not None]
    assert (len(traces), len(set(traces))) == (9, 4)
    assert {row[3] for row in rows} == {None}
    assert min(row[4] for row in rows) == datetime(2023, 11, 14, 22, 13, 20)
    assert max(row[4] for row in rows) == datetime(2023, 11, 14, 22, 13, 30)


def test_real_logs_make_no_response(samples: Any) -> None:
    """What is not Chert's must not move Chert's numbers."""
    assert samples.column("select count(*) from responses where occurred_at < '2026-01-01'") == [0]
