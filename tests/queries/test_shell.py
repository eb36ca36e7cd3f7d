"""The shell of `chertlog sql`: what a line does, what is completed, and a terminal around it."""

from __future__ import annotations

import os
import pty
import re
import select
import stat
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from chertlog.queries import shell
from chertlog.queries.errors import BadQuery
from chertlog.queries.sandbox import run_select
from chertlog.queries.shell_words import Words

from .conftest import close, new_database


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, published."""
    folder = tmp_path_factory.mktemp("shell") / "data"
    (folder / "generations").mkdir(parents=True)
    close(new_database(folder / "generations" / "000007.duckdb"))
    (folder / "chertlog.duckdb").symlink_to("generations/000007.duckdb")
    (folder / "queries").mkdir()
    (folder / "queries" / "codes_from.sql").write_text(
        "-- Codes from so many on.\n-- Parameters: least = 4000\n"
        "select error_code from error_codes where error_code >= $least::integer order by all\n"
    )
    return folder


class Asked:
    """Instead of the worker: remembers what was asked."""

    def __init__(self, data_dir: Path) -> None:
        self.questions: list[str] = []
        self.shell = shell.Shell(data_dir, self.ask, self.show, lambda name: f"<{name}>\n")

    def ask(self, sql: str) -> Any:
        self.questions.append(sql)
        if "interrupt" in sql:
            raise KeyboardInterrupt
        if "wrong" in sql:
            raise BadQuery("that is wrong")

        class Answer:
            truncated = False

            class table:
                num_rows = 1

        return Answer()

    def show(self, result: Any, shape: str) -> str:
        return f"as {shape}\n"

    def typed(self, keys: str) -> None:
        """Type keys into the real line editor, then end."""
        with (
            create_pipe_input() as pipe,
            create_app_session(input=pipe, output=DummyOutput()),
        ):
            pipe.send_text(keys + "\x04")
            self.shell.run(shell.session(self.shell._data_dir, InMemoryHistory()))


@pytest.fixture
def asked(data_dir: Path) -> Asked:
    return Asked(data_dir)


def test_lines_are_questions_until_they_end_with_a_semicolon(asked: Asked) -> None:
    asked.typed("select 1,\r2;\rerrors_by_code\r\rfrom responses where\rtrue;\r")
    assert asked.questions == ["select 1,\n2", "errors_by_code", "from responses where\ntrue"]


def test_what_goes_wrong_is_said_and_the_next_line_is_taken(
    asked: Asked, capsys: pytest.CaptureFixture[str]
) -> None:
    asked.typed("select wrong;\r\\nonsense\r@no_such\r@codes_from x\rselect 'half\x03select 2;\r")
    said = capsys.readouterr().err
    for words in (
        "that is wrong",
        r"no command \nonsense",
        "no saved query",
        "'x' is no parameter",
    ):
        assert words in said, said
    asked.typed("select interrupt;\rselect 3;\r")
    assert "Interrupted." in capsys.readouterr().err
    assert asked.questions == ["select wrong", "select 2", "select interrupt", "select 3"]


def test_commands(asked: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    asked.typed(
        "help\r\\d\r\\d responses\r\\saved\r\\format csv\rselect 1;\r\\format xml\r\\q\rx;\r"
    )
    out, err = capsys.readouterr()
    assert "Tab completes" in out and "<None>" in out and "<responses>" in out
    assert "@codes_from" in out and "Codes from so many on." in out and "least=4000" in out
    assert "as csv" in out and "xml is no format" in err
    assert asked.questions == ["select 1"], r"\q ends it: what follows is not taken"


def test_a_saved_query_takes_its_parameters(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Through the worker, as every question: what it refuses, it refuses here, too."""
    mine = shell.Shell(
        data_dir,
        lambda sql: run_select(data_dir, sql),
        lambda result, _: str(result.rows()),
        lambda name: "",
    )
    assert mine.take("@codes_from least=4002")
    out, err = capsys.readouterr()
    assert out == "[(4002,), (4003,)]" or out.startswith("[(4002,)")
    assert re.search(r"\d+ rows?", err)
    with pytest.raises(BadQuery):
        mine.take("copy responses to '/tmp/x';")
    with pytest.raises(BadQuery):
        mine.take("select 1; drop table x;")


def completed(data_dir: Path, text: str) -> list[str]:
    found = Words(data_dir).get_completions(Document(text), CompleteEvent())
    return [each.text for each in found]


@pytest.mark.parametrize(
    ("text", "first", "never"),
    [
        ("select * from errors_by_c", ["errors_by_code"], "responses"),
        ("from retry_storms select verd", ["verdict"], "verdicts"),
        ("select r.occ from responses as r where r.occ", ["occurred_at"], "or"),
        ("select * from tra", ["trace("], "trace"),
        (r"\d retry_f", ["retry_figures"], "retry_minutes"),
        ("\\sa", [r"\saved"], r"\d"),
        (r"\format ", ["table", "csv", "json"], "select"),
        ("@codes_fr", ["@codes_from"], "codes_from"),
        ("@codes_from le", ["least="], "left"),
        ("sel", ["select"], "responses"),
    ],
)
def test_what_is_completed(data_dir: Path, text: str, first: list[str], never: str) -> None:
    found = completed(data_dir, text)
    assert found[: len(first)] == first and never not in found


def test_without_a_database_nothing_is_completed_and_nothing_breaks(tmp_path: Path) -> None:
    assert completed(tmp_path, "select * from resp") == []


def test_the_history_is_for_its_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    shell.own_history().append_string("select 1;")
    kept = tmp_path / "state" / "chertlog" / shell.HISTORY
    assert "select 1;" in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/nowhere")
    assert isinstance(shell.own_history(), InMemoryHistory)


def test_in_a_terminal_it_answers_completes_and_pages(data_dir: Path, tmp_path: Path) -> None:
    """The command itself, as a person has it: keys in, a screen out."""
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\necho PAGED\ncat\n")
    pager.chmod(0o755)
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ |= {"XDG_STATE_HOME": str(tmp_path), "PAGER": str(pager), "TERM": "xterm"}
        os.environ |= {"LINES": "30", "COLUMNS": "120"}
        program = [sys.executable, "-m", "chertlog.ingest", "sql", "--data-dir", str(data_dir)]
        os.execv(program[0], program)
    screen = Screen(terminal)
    screen.wait("chertlog>")
    screen.ask("select 4000 + 2 as code;\r", until="4002")
    screen.type("select count(*) as codes from error_cod", until="error_cod")
    screen.type("\t", until="es")
    screen.ask(";\r", until="38")
    screen.ask("error_codes;\r", until="PAGED")
    screen.ask("drop table x;\r", until="only one SELECT")
    os.write(terminal, b"\\q\r")
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    os.close(terminal)
    history = (tmp_path / "chertlog" / shell.HISTORY).read_text()
    assert "+select count(*) as codes from error_codes;" in history


class Screen:
    """What a terminal shows, and keys for it."""

    def __init__(self, terminal: int) -> None:
        self._terminal, self.shown = terminal, ""

    def type(self, keys: str, until: str) -> None:
        self.shown = ""
        os.write(self._terminal, keys.encode())
        self.wait(until)

    def ask(self, keys: str, until: str) -> None:
        """As `type`, and wait for the prompt that follows the answer."""
        self.type(keys, until)
        self.shown = self.shown.rpartition(until)[2]
        self.wait("chertlog>")

    def wait(self, text: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < end, f"{text!r} never came: {self.shown[-2000:]!r}"
            if select.select([self._terminal], [], [], 1)[0]:
                piece = os.read(self._terminal, 65536).decode(errors="replace")
                if "\x1b[6n" in piece:  # where is the cursor?
                    os.write(self._terminal, b"\x1b[1;1R")
                self.shown += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", piece)
