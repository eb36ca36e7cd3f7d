"""`chertlog find`: responses by tenant, recipient, time and code, and who may look numbers up."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from chertlog.ingest.cli import app
from chertlog.ingest.privacy import install, load_key
from chertlog.queries import finding
from chertlog.queries.pseudonyms import pseudonym_of_recipient

NUMBER = "+12025550143"


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["find", *arguments])


def traces(*arguments: str) -> list[str]:
    said = run(*arguments)
    assert said.exit_code in (0, 1), said.stderr
    return [line.split()[2] for line in said.stdout.splitlines()[2:]]


@pytest.fixture
def logs(
    con: duckdb.DuckDBPyConnection,
    response: Any,
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    published: Callable[[], Path],
) -> Path:
    """Four responses of two tenants, two of them to one number."""
    pseudonym = pseudonym_of_recipient(NUMBER, data_dir)
    assert pseudonym is not None
    recipient = int(pseudonym[2:], 16)
    response(1, "2026-11-21 10:00:00", recipient=recipient)
    response(2, "2026-11-21 10:10:00", is_error=True, error_code=4002, retryable=True)
    response(3, "2026-11-21 10:20:00", recipient=recipient, tenant_id="globex", is_error=True,
             error_code=3001)  # fmt: skip
    response(4, "2026-11-21 23:00:00", is_error=True, error_code=4002, retryable=True)
    con.execute("insert into store.meta values ('newest_at', '2026-11-21 23:00:00')")
    published()
    monkeypatch.setenv("CHERTLOG_DATA_DIR", str(data_dir))
    return data_dir


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--tenant", "acme"], ["4", "2", "1"]),
        (["--tenant", "acme", "--errors"], ["4", "2"]),
        (["--tenant", "acme", "--code", "4002", "--around", "2026-11-21T10:05"], ["2"]),
        (["--tenant", "acme", "--around", "2026-11-21T12:05+02:00"], ["1", "2"]),
        (["--tenant", "acme", "--around", "2026-11-21 10:09", "--within", "1d"], ["2", "1", "4"]),
        (["--recipient", NUMBER], ["3", "1"]),
        (["--recipient", "(202) 555-0143", "--tenant", "acme"], ["1"]),
        (["--tenant", "nobody"], []),
        (["--recipient", "+12025550144"], []),
    ],
)
def test_what_is_found(logs: Path, arguments: list[str], found: list[str]) -> None:
    assert traces(*arguments) == [f"trace{number}" for number in found]


def test_nothing_found_says_where_it_looked(logs: Path) -> None:
    said = run("--tenant", "acme", "--around", "2026-11-20T10:00", "--within", "2h")
    assert said.exit_code == 1
    assert "looked within 2h of 2026-11-20 10:00 UTC" in said.stderr
    assert said.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "name a --tenant"),
        (["--tenant", "a", "--around", "noon"], "'noon' is no time"),
        (["--tenant", "a", "--within", "soon", "--around", "10:00"], "'soon' is no length of time"),
    ],
)
def test_wrong_use_is_said(logs: Path, arguments: list[str], why: str) -> None:
    said = run(*arguments)
    assert said.exit_code == 2
    assert why in " ".join(said.stderr.split())


def test_the_record_says_that_a_number_was_looked_up_and_not_which(logs: Path) -> None:
    run("--recipient", NUMBER)
    run("--recipient", "-")
    text = (logs / "audit.log").read_text()
    entry = json.loads(text.splitlines()[0])
    assert (entry["did"], entry["door"]) == ("find", "chertlog find")
    assert entry["recipient"] == pseudonym_of_recipient(NUMBER, logs)
    assert "2025550143" not in text


def test_how_many_numbers_may_be_looked_up(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By whatever door, within an hour; without a number there is no limit."""
    monkeypatch.setattr(finding, "LOOKUPS_PER_HOUR", 3)
    for _ in range(3):
        assert run("--recipient", NUMBER).exit_code == 0
    said = run("--recipient", NUMBER)
    assert said.exit_code == 3
    assert "3 numbers were looked up within the last hour" in said.stderr
    assert run("--tenant", "acme").exit_code == 0
    lines = (logs / "audit.log").read_text().splitlines()
    old = (datetime.now(UTC) - timedelta(minutes=61)).isoformat()
    (logs / "audit.log").write_text(
        "".join(json.dumps({**json.loads(line), "at": old}) + "\n" for line in lines)
    )
    assert run("--recipient", NUMBER).exit_code == 0


def test_without_the_key_no_number_is_looked_up(
    logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHERTLOG_PSEUDONYM_KEY")
    said = run("--recipient", NUMBER)
    assert said.exit_code == 3
    assert "this account cannot look numbers up" in said.stderr
    assert NUMBER not in said.output


def test_a_pseudonym_is_the_writers(tmp_path: Path, spelled: Callable[[str, Random], str]) -> None:
    """In SQL and in Python, for numbers in any spelling, addresses, and rubbish."""
    chance = Random(3)
    texts = ["a@Example.com", " A@example.COM ", "", "ж", "tel:", "+123", "١٢٣", "ext. 5", "\t1\n"]
    for _ in range(300):
        number = chance.choice(["1", "44", "971"]) + str(chance.randrange(10**9, 10**10))
        texts.append(spelled(number, chance))
    with duckdb.connect() as con:
        install(con, load_key(tmp_path))
        rows = con.execute(
            "select t, printf('r_%016x', pseudonym(t)) from (select unnest($1) as t)", [texts]
        ).fetchall()
    assert {text: pseudonym_of_recipient(text, tmp_path) for text in texts} == dict(rows)
