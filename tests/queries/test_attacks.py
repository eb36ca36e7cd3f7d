"""Attacks on the sandbox: each statement is refused or harmless, by either fence alone.

The statements stand in attacks.sql. Here they meet the first fence and the locks of the second, in
this process; what only the child's limits stop is tried on the child.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from chertlog.queries import BadQuery, ChertlogError, QueryLimit, run_select
from chertlog.queries.select_only import admit
from chertlog.queries.worker import lock

SECRET = "canary-of-another-file"
ATTACKS = [
    line
    for line in Path(__file__).with_name("attacks.sql").read_text("utf-8").splitlines()
    if line and not line.startswith("--")
]


class Fort:
    """A published database, and what must be as before."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir
        self.database = data_dir / "generations" / "000001.duckdb"
        self.secret = data_dir / "secret.csv"
        self.new = data_dir / "new"
        self.secret.write_text(f"a\n{SECRET}\n")
        self.before, self.signature = self.state(), self.stats()

    def state(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and path.name != "audit.log"
        }

    def stats(self) -> dict[str, tuple[int, int]]:
        """As state, without reading every file for every attack."""
        files = [path for path in self.folder.rglob("*") if path.name != "audit.log"]
        found = {str(path): path.lstat() for path in files if not path.is_dir()}
        return {name: (each.st_size, each.st_mtime_ns) for name, each in found.items()}

    def statement(self, attack: str) -> str:
        places = {"{database}": self.database, "{secret}": self.secret, "{new}": self.new}
        for mark, path in places.items():
            attack = attack.replace(mark, str(path))
        return attack

    def shows_nothing(self, answer: object, asked: str) -> bool:
        """Whether an answer is free of files and of this machine's paths, but what was asked."""
        text = str(answer).replace(asked, "")
        words = (SECRET, str(self.folder.resolve()), "root:x:", str(Path.home() / ".duckdb"))
        return not [word for word in words if word in text and word not in asked]


@pytest.fixture
def fort(data_dir: Path) -> Iterator[Fort]:
    found = Fort(data_dir)
    yield found
    assert found.state() == found.before


class Connections:
    """A locked connection for each attack; a new one after each that was answered."""

    def __init__(self, fort: Fort) -> None:
        self.fort = fort
        self.con: duckdb.DuckDBPyConnection | None = None

    def answer(self, sql: str, *, first_fence: bool) -> object:
        con = self.con or self._open()
        self.con = None
        try:
            return con.execute(admit(con, sql) if first_fence else sql).fetchall()
        except (BadQuery, duckdb.Error) as error:
            self.con = con
            return error
        finally:
            if self.con is None:
                con.close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        config: Any = {"temp_directory": "", "threads": 1}
        con = duckdb.connect(str(self.fort.database), read_only=True, config=config)
        lock(con)
        return con


def test_there_are_attacks_enough() -> None:
    assert len(set(ATTACKS)) == len(ATTACKS) >= 80


def test_each_is_refused_or_harmless(fort: Fort) -> None:
    """With both fences, as the worker has them."""
    connections = Connections(fort)
    answered = set()
    for attack in ATTACKS:
        sql = fort.statement(attack)
        outcome = connections.answer(sql, first_fence=True)
        if not isinstance(outcome, Exception):
            answered.add(attack)
        assert fort.shows_nothing(outcome, sql), attack
        assert fort.stats() == fort.signature, attack
    assert answered == {
        "select 1 /* ; */ ; -- ;",
        "select parse_path('{database}'), current_database(), current_schema(), version()",
        "show databases",
        "show all tables",
        "from pragma_database_size()",
        "from information_schema.tables",
        "select sql from duckdb_views()",
    }


def test_the_second_fence_alone_keeps_every_file_as_it_is(fort: Fort) -> None:
    """Should the first one miss something: no file is read, none is written."""
    connections = Connections(fort)
    for attack in ATTACKS:
        answer = str(connections.answer(fort.statement(attack), first_fence=False))
        assert SECRET not in answer and "root:x:" not in answer, attack
        assert fort.stats() == fort.signature, attack


@pytest.mark.parametrize(
    "sql",
    [
        "select repeat('x', 4000000000)",
        "select list_transform(range(50000000), lambda x: repeat('y', 100))",
        "select string_agg(repeat('x', 1000), '') from range(100000000)",
        "select count(*) from range(1000000) a, range(1000000) b, range(1000000) c",
        "with recursive t(n) as (select 1 union all select n + 1 from t) select max(n) from t",
        "select * from range(1000000000)",
        "select repeat('x', 100000) from range(10000)",
    ],
)
def test_what_costs_too_much_is_ended(fort: Fort, sql: str) -> None:
    with pytest.raises(QueryLimit) as caught:
        run_select(fort.folder, sql, timeout_s=3, max_rows=None)
    assert caught.value.exit_code == 3
    assert fort.shows_nothing(caught.value, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select " + "(" * 3000 + "1" + ")" * 3000,
        "select " + "+".join("1" for _ in range(30_000)),
        "select * from responses where " + " or ".join(f"error_code = {n}" for n in range(2000)),
        "select '" + "x" * 100_001 + "'",
        "select '\ud800'",
        "select 1\0; drop table store.event",
        'select * from "' + "n" * 5000 + '"',
    ],
    ids=["deep", "long sum", "many ors", "too long", "surrogate", "nul", "long name"],
)
def test_odd_texts_end_in_an_answer_or_a_sentence(fort: Fort, sql: str) -> None:
    try:
        assert run_select(fort.folder, sql, timeout_s=20).rows() is not None
    except ChertlogError as error:
        assert len(str(error)) < 3000 and "Traceback" not in str(error)
        assert fort.shows_nothing(error, sql)


# ---- the record


def test_who_asked_what_is_recorded(fort: Fort) -> None:
    run_select(fort.folder, "select 1 as x", door="page", who="zoe")
    asked = (
        "select '+1 (202) 555-0143', 'zoe@mail.example', trace_id from responses "
        "where occurred_at > '2026-11-21 10:00:00' and trace_id = '7fbebbe31f1d'"
    )
    run_select(fort.folder, asked)
    with pytest.raises(BadQuery):
        run_select(fort.folder, "drop table store.event")
    path = fort.folder / "audit.log"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [line["outcome"] for line in lines] == ["answered", "answered", "refused or wrong"]
    assert (lines[0]["who"], lines[0]["door"], lines[0]["rows"]) == ("zoe", "page", 1)
    assert "0143" not in str(lines) and "zoe@" not in str(lines)
    assert "2026-11-21 10:00:00" in lines[1]["sql"] and "7fbebbe31f1d" in lines[1]["sql"]
    assert lines[2]["sql"] == "drop table store.event"


def test_the_record_turns_over(fort: Fort, monkeypatch: pytest.MonkeyPatch) -> None:
    from chertlog.queries import audit

    monkeypatch.setattr(audit, "MOST_BYTES", 300)
    for number in range(20):
        audit.record(fort.database, "trace", door="test", trace_id=f"a{number:011x}")
    files = {path.name: path.read_text().splitlines() for path in fort.folder.glob("audit.log*")}
    for name in files:
        if name != "audit.log":
            (fort.folder / name).unlink()
    assert set(files) == {"audit.log.1", "audit.log.2", "audit.log.3", "audit.log.4"} | (
        {"audit.log"} & set(files)
    )
    newest = json.loads(files["audit.log.1"][-1])["trace_id"]
    assert newest >= f"a{17:011x}"


def test_a_record_that_cannot_be_written_stops_nobody(fort: Fort) -> None:
    (fort.folder / "audit.log").mkdir()
    assert run_select(fort.folder, "select 1").rows() == [(1,)]
