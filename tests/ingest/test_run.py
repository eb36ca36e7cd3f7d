"""A whole run of the command: exit codes, words, locks, publications, crashes, configuration."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import typer
from typer.testing import CliRunner

from chertlog.ingest import publish, work
from chertlog.ingest.cli import app
from chertlog.ingest.errors import WrongUse
from chertlog.ingest.settings import Settings, load_settings

pytestmark = pytest.mark.usefixtures("no_sync")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Run `chertlog` in an empty directory."""
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: object) -> Any:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert "Traceback" not in result.output
        return result

    return invoke


@pytest.fixture
def log(write: Any, lines: Any) -> Path:
    """A log of one answered request."""
    return write("app.log", lines.received("10:00:00", "t1"), lines.sent("10:00:01", "t1"))


# ---- exit codes


def test_all_is_well(run: Any, log: Path) -> None:
    result = run("ingest", log)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert (
        "1 file loaded. 2 lines = 2 events + 0 rejected + 0 blank + 0 duplicates." in result.stderr
    )
    assert "Published generation 1" in result.stderr


def test_nothing_new_is_well_too(run: Any, log: Path) -> None:
    run("ingest", log)
    result = run("ingest", log)
    assert result.exit_code == 0
    assert "1 already loaded" in result.stderr and "Nothing new to publish" in result.stderr


def test_rejected_lines_alone_are_well(run: Any, write: Any, log: Path) -> None:
    result = run("ingest", write("app.log", log.read_bytes(), b"panic\n"))
    assert result.exit_code == 0
    assert "1 rejected" in result.stderr


def test_an_empty_directory(run: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run("ingest", "empty")
    assert result.exit_code == 1
    assert "No log file was found" in result.stderr


@pytest.mark.parametrize("path", ["missing", "missing/*.log", "data/[x].log"])
def test_a_missing_path(run: Any, tmp_path: Path, log: Path, path: str) -> None:
    """Said before anything is loaded, even beside a path that is there."""
    result = run("ingest", log, path)
    assert result.exit_code == 2
    assert path in result.stderr and "no such file" in result.stderr
    assert not (tmp_path / "chertlog-data").exists()


def test_no_path(run: Any) -> None:
    result = run("ingest")
    assert result.exit_code == 2
    assert "chertlog ingest /var/log/chert" in result.stderr


BROKEN = {
    "broken.gz": (gzip.compress(b"x" * 5000)[:-7], "ended before"),
    "gone.log": (None, "No such file"),
    "logs.zip": (b"PK\x03\x04" + bytes(50), "zip archive"),
    "events.json": (b'[{"ts":"2026-11-21T10:00:00Z","event":"x"}]\n', "one object a line"),
    "snake.jsonl": (b'{"resource_logs":[]}\n', "resourceLogs"),
    "notes.txt": (b"remember the milk\n", "chertlog formats"),
    "utf16.log": ("text\n".encode("utf-16"), "iconv"),
    "zeros.log": (bytes(5000), "binary"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_loaded(run: Any, log: Path, name: str) -> None:
    """The others are; the exit code calls a person, and the words say what is wrong."""
    data, words = BROKEN[name]
    path = log.with_name(name)
    path.symlink_to("nowhere") if data is None else path.write_bytes(data)
    result = run("ingest", log.parent, "--final")
    assert result.exit_code == 1
    assert "1 file loaded" in result.stderr and "1 refused" in result.stderr
    assert name in result.stderr and words in result.stderr
    result = run("sql", "select status, events from sources order by all", "--format", "csv")
    assert result.stdout.split() == ["status,events", "loaded,2", "refused,0"]


def test_a_file_that_breaks_late_is_refused_whole(run: Any, log: Path, lines: Any) -> None:
    """After its first lines were read: nothing of them stays."""
    data = b"".join(
        lines.app("10:00:00", "x", f"b{n:07}", host=os.urandom(9).hex()) for n in range(2000)
    )
    log.with_name("late.gz").write_bytes(gzip.compress(data)[:-100])
    result = run("ingest", log.parent)
    assert result.exit_code == 1
    assert "after line" in result.stderr
    with duckdb.connect("chertlog-data/chertlog.duckdb", read_only=True) as con:
        assert con.execute("select count(*) from events").fetchall() == [(2,)]
        assert con.execute("select status from sources order by status").fetchall() == [
            ("loaded",),
            ("refused",),
        ]


def test_two_ingests_at_once(run: Any, log: Path, tmp_path: Path) -> None:
    run("ingest", log)
    with work.locked(tmp_path / "chertlog-data"):
        result = run("ingest", log)
    assert result.exit_code == 3
    assert f"process {os.getpid()} holds the lock" in result.stderr
    assert run("ingest", log).exit_code == 0


@pytest.mark.parametrize("place", ["a file is in the way", "a read-only file system"])
def test_a_data_directory_that_cannot_be_written(run: Any, log: Path, place: str) -> None:
    """For root too, who may write to any directory with mere permissions."""
    folder = log / "data" if place.startswith("a file") else Path("/proc/chertlog-data")
    result = run("ingest", log, "--data-dir", folder)
    assert result.exit_code == 3
    assert "cannot be written" in result.stderr and str(folder) in result.stderr


def test_a_work_file_that_is_none(run: Any, log: Path, tmp_path: Path) -> None:
    folder = tmp_path / "chertlog-data"
    folder.mkdir()
    (folder / "work.duckdb").write_bytes(b"not a database" * 1000)
    result = run("ingest", log)
    assert result.exit_code == 3
    assert "cannot be opened" in result.stderr
    assert (folder / "work.duckdb").read_bytes() == b"not a database" * 1000


def test_a_work_file_of_a_newer_schema(run: Any, log: Path, tmp_path: Path) -> None:
    run("ingest", log)
    with duckdb.connect(str(tmp_path / "chertlog-data" / "work.duckdb")) as con:
        con.execute("update store.meta set value = '999' where key = 'schema_version'")
    result = run("ingest", log)
    assert result.exit_code == 3
    assert "newer" in result.stderr


# ---- publication


def spoil(store: Any, by: int) -> None:
    """Plant a fault in the books, or take it back."""
    with duckdb.connect(str(store.folder / "work.duckdb")) as con:
        con.execute("update store.source set lines = lines + $1 where source_no = 1", [by])


def test_a_failed_check_keeps_the_old_generation(
    run: Any, store: Any, log: Path, write: Any, lines: Any
) -> None:
    """And the next run publishes, although it finds no new file."""
    store.ingest(log)
    before = store.generation
    spoil(store, 1)
    other = write("b.log", lines.sent("11:00:00", "t2"))
    result = run("ingest", log, other, "--data-dir", store.folder)
    assert result.exit_code == 1
    assert "check failed: balance" in result.stderr
    assert "readers keep the generation before" in result.stderr
    assert store.generation == before
    assert store.column("select count(*) from responses") == [1]
    again = run("ingest", log, other, "--data-dir", store.folder)
    assert again.exit_code == 1  # still wrong, still said
    spoil(store, -1)
    result = run("ingest", log, other, "--data-dir", store.folder)
    assert result.exit_code == 0
    assert store.generation != before
    assert store.column("select count(*) from responses") == [2]


def test_an_open_reader_is_left_alone(store: Any, log: Path, write: Any, lines: Any) -> None:
    """Through as many publications as it takes to remove its file."""
    store.ingest(log)
    with duckdb.connect(str(store.generation), read_only=True) as reader:
        for n in range(3):
            store.ingest(write(f"{n}.log", lines.sent(f"11:00:0{n}", f"n{n}")))
            assert reader.execute("select count(*) from responses").fetchone() == (1,)
    assert store.column("select count(*) from responses") == [4]


def test_two_generations_are_kept(store: Any, write: Any, lines: Any) -> None:
    for n in range(3):
        store.ingest(write(f"{n}.log", lines.sent(f"11:00:0{n}", f"n{n}")))
    folder = store.folder / "generations"
    (folder / "000009.tmp").write_bytes(b"of a killed run")
    store.ingest(write("last.log", lines.sent("12:00:00", "last")))
    assert sorted(path.name for path in folder.iterdir()) == ["000003.duckdb", "000004.duckdb"]
    assert store.generation.name == "000004.duckdb"


def test_a_lost_link_is_made_again(store: Any, log: Path) -> None:
    store.ingest(log)
    (store.folder / "chertlog.duckdb").unlink()
    store.ingest(log)
    assert store.column("select count(*) from responses") == [1]


def test_nothing_is_left_lying_about(store: Any, log: Path) -> None:
    store.ingest(log)
    names = sorted(path.name for path in store.folder.iterdir())
    assert names == ["chertlog.duckdb", "generations", "ingest.lock", "work.duckdb"]


def test_a_full_disk_keeps_the_old_generation(
    run: Any, store: Any, log: Path, write: Any, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.ingest(log)
    before = store.generation
    usage = shutil.disk_usage(store.folder)._replace(free=1000)
    with monkeypatch.context() as patch:
        patch.setattr(publish.shutil, "disk_usage", lambda path: usage)
        other = write("b.log", lines.sent("11:00:00", "t2"))
        result = run("ingest", other, "--data-dir", store.folder)
    assert result.exit_code == 3
    assert "free disk space" in result.stderr
    assert store.generation == before
    assert [path.name for path in before.parent.iterdir()] == [before.name]
    assert run("ingest", other, "--data-dir", store.folder).exit_code == 0
    assert store.column("select count(*) from responses") == [2]


# ---- surroundings (kills are in tests/torture)


def test_odd_surroundings_change_nothing(
    new_store: Any, short_day: Any, differ: Any, tmp_path: Path
) -> None:
    """Another zone and language, no terminal, no HOME, a tight umask: the same database."""
    store = new_store()
    surroundings = {"TZ": "Asia/Kathmandu", "LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"}
    key = {name: value for name, value in os.environ.items() if name.startswith("CHERTLOG_")}
    command = [sys.executable, "-m", "chertlog.ingest", "ingest", "--final"]
    done = subprocess.run(
        [*command, "--data-dir", str(store.folder), str(short_day.logs)],
        capture_output=True,
        check=False,
        cwd="/",
        stdin=subprocess.DEVNULL,
        umask=0o077,
        env={**surroundings, **key, "PATH": "/nowhere"},
    )
    assert done.returncode == 0, done.stderr.decode()
    one = short_day.store.export(tmp_path / "one")
    assert differ(one, store.export(tmp_path / "other")) == {}


# ---- words


def commands() -> dict[str, Any]:
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


@pytest.mark.parametrize("name", commands())
def test_every_command_has_help_with_an_example(run: Any, name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"Example: chertlog {name}" in " ".join(result.stdout.split())


def test_quiet_says_nothing_when_all_is_well(run: Any, log: Path) -> None:
    result = run("ingest", log, "--quiet")
    assert (result.exit_code, result.output) == (0, "")


def test_quiet_speaks_when_a_person_is_needed(run: Any, log: Path) -> None:
    log.with_name("notes.txt").write_bytes(b"milk\n")
    result = run("ingest", log.parent, "--quiet")
    assert result.exit_code == 1
    assert "notes.txt" in result.stderr


def test_timings(run: Any, log: Path) -> None:
    result = run("ingest", log, "--timings")
    assert all(stage in result.stderr for stage in ("reading", "merging", "checking", "publishing"))


def test_a_strange_name_is_shown_and_does_nothing(run: Any, log: Path) -> None:
    """No markup, no control sequence reaches the terminal."""
    log.with_name("[red]\x1b[31m\nnotes.txt").write_bytes(b"milk\n")
    result = run("ingest", log.parent)
    assert r"[red]\x1b[31m\nnotes.txt" in result.stderr
    assert "\x1b[31m" not in result.stderr


def test_formats_lists_and_recognises(run: Any, log: Path) -> None:
    result = run("formats")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in ("app", "otlp", "nginx:chert", "nginx:combined"))
    assert run("formats", log).exit_code == 0
    log.with_name("notes.txt").write_bytes(b"milk\n")
    assert run("formats", log.parent).exit_code == 1
    assert run("formats", "missing").exit_code == 2


# ---- configuration


def test_another_log_format(run: Any, write: Any, tmp_path: Path) -> None:
    template = "log_format main '$status|$time_local|$request_time|$sent_http_x_trace_id|$request|'"
    (tmp_path / "chertlog.toml").write_text(
        f'data_dir = "elsewhere"\n[edge]\nlog_formats = ["""{template}"""]\n'
    )
    path = write(
        "access.log", b"503|21/Nov/2026:12:00:01 +0200|1.5|abc|GET /api/v1/send HTTP/1.1|\n"
    )
    assert run("ingest", path).exit_code == 0
    query = "select occurred_at::varchar, duration_ms, trace_id, surface, http_status from events"
    result = run("sql", query, "--format", "csv", "--data-dir", "elsewhere")
    assert result.stdout.splitlines()[1] == "2026-11-21 10:00:01,1500,abc,v1,503"
    result = run("sql", "select format from sources", "--format", "csv", "--data-dir", "elsewhere")
    assert result.stdout.split()[1] == "nginx:main"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("data_dirr = 'x'", "did you mean 'data_dir'"),
        ("colour = 1", "known keys"),
        ("threads = 0", "threads must be"),
        ("data_dir =", "cannot be read"),
        ("[edge]\nlog_formats = 'x'", "a list of log_format strings"),
        ("[edge]\nlog_formats = ['$request']", "no $time_local"),
        ("[parameters]\ngap_limit_s = 'long'", "names and numbers"),
        ("memory_limit = 'much'", "is no size"),
    ],
)
def test_a_configuration_that_means_nothing(
    run: Any, log: Path, tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "chertlog.toml").write_text(text + "\n")
    result = run("ingest", log)
    assert result.exit_code == 2
    assert words in result.stderr
    assert not (tmp_path / "chertlog-data" / "chertlog.duckdb").exists()


def test_an_unknown_parameter(run: Any, log: Path, tmp_path: Path) -> None:
    (tmp_path / "chertlog.toml").write_text("[parameters]\ngap_limit = 5\n")
    result = run("ingest", log)
    assert result.exit_code == 2
    assert "gap_limit_s" in result.stderr  # did you mean


def test_a_parameter_that_was_set_is_in_force(new_store: Any, write: Any, lines: Any) -> None:
    """Two attempts two minutes apart are one operation where the limit is three."""
    parts = [
        lines.received(f"10:0{n}:00", f"t{n}") + lines.sent(f"10:0{n}:01", f"t{n}", code=3001)
        for n in (0, 2)
    ]
    path = write("app.log", *parts)
    usual, patient = new_store("usual"), new_store("patient", parameters={"gap_limit_s": 180.0})
    usual.ingest(path)
    patient.ingest(path)
    assert usual.column("select attempts from operations") == [1, 1]
    assert patient.column("select attempts from operations") == [2]
    query = "select value, default_value from parameters where parameter = 'gap_limit_s'"
    assert patient.sql(query) == [(180.0, 60.0)]


def test_flags_come_before_the_environment_before_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings().data_dir == Path("chertlog-data")
    (tmp_path / "chertlog.toml").write_text("data_dir = 'file'\nmemory_limit = '1GB'\n")
    assert load_settings().data_dir == Path("file")
    monkeypatch.setenv("CHERTLOG_DATA_DIR", "environment")
    assert load_settings().data_dir == Path("environment")
    assert load_settings(Path("flag")) == Settings(Path("flag"), memory_limit="1GB")
    (tmp_path / "other.toml").write_text("threads = 1\n")
    monkeypatch.setenv("CHERTLOG_CONFIG", "other.toml")
    assert load_settings() == Settings(Path("environment"), threads=1)
    monkeypatch.setenv("CHERTLOG_CONFIG", "missing.toml")
    with pytest.raises(WrongUse, match="cannot be read"):
        load_settings()


def test_the_data_directory_is_never_taken_for_logs(run: Any, log: Path, tmp_path: Path) -> None:
    """Even if it lies inside the directory that is loaded."""
    folder = log.parent / "data"
    assert run("ingest", log.parent, "--data-dir", folder).exit_code == 0
    result = run("ingest", log.parent, "--data-dir", folder)
    assert result.exit_code == 0
    assert "1 already loaded" in result.stderr
