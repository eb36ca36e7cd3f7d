"""`chertlog watch`: the same rows as one nightly load, whatever happens to the files meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chertlog.ingest import batches, memory, watch, work
from chertlog.ingest.files import LogFile
from chertlog.ingest.run import Summary
from chertlog.ingest.settings import Settings
from chertlog.ingest.watch import Cycle, Watch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    logs = tmp_path / "logs"
    logs.mkdir()
    return logs


@pytest.fixture
def watching(folder: Path, tmp_path: Path) -> Watch:
    return Watch([str(folder)], Settings(tmp_path / "data"), 30)


def counts(cycle: Cycle) -> tuple[int, int]:
    """Events and duplicates that a cycle brought."""
    assert cycle.trouble is None
    return (cycle.summary.events, cycle.summary.duplicates) if cycle.summary else (0, 0)


def append(path: Path, *lines: bytes) -> Path:
    with path.open("ab") as file:
        file.writelines(lines)
    return path


@pytest.fixture
def traffic(lines: Any) -> Callable[[int, int], list[bytes]]:
    """Requests and answers, two lines each, from one number up to another."""

    def make(first: int, end: int) -> list[bytes]:
        made = []
        for number in range(first, end):
            at = f"10:{number // 60:02}:{number % 60:02}"
            trace = f"a{number:011x}"
            made.append(lines.received(at, trace, to=f"+1202555{number:04}"))
            error = {"code": 4002, "retry_after": 30} if number % 5 == 0 else {}
            made.append(lines.sent(at, trace, 503 if error else 200, **error))
        return made

    return make


def test_cycles_give_the_rows_of_one_load(
    folder: Path, watching: Watch, traffic: Any, lines: Any, new_store: Any, tmp_path: Path,
    differ: Any,
) -> None:  # fmt: skip
    """Growth, rotation by rename, copytruncate, compression, a torn line: all at once."""
    app, edge = folder / "app.log", folder / "access.log"
    append(app, *traffic(0, 20))
    assert counts(watching.cycle()) == (40, 0)
    append(app, *traffic(20, 30))
    append(edge, *(lines.edge(f"10:00:{n:02}", f"a{n:011x}") for n in range(20)))
    assert counts(watching.cycle()) == (20 + 20, 40)
    assert watching.cycle().summary is None, "nothing changed: no run"
    # Rotated by rename, with lines that came just before.
    append(app, *traffic(30, 33))
    app.rename(folder / "app.log.1")
    append(app, *traffic(33, 40))
    assert counts(watching.cycle())[0] == 6 + 14
    # copytruncate: the copy is known, what comes after begins anew in the same inode.
    shutil.copy(edge, folder / "access.log.1")
    edge.write_bytes(b"")
    append(edge, *(lines.edge(f"10:00:{n:02}", f"a{n:011x}") for n in range(20, 45)))
    assert counts(watching.cycle())[0] == 25
    # A line that is torn is read when its rest has come.
    whole = traffic(40, 41)
    append(app, whole[0], whole[1][:50])
    assert counts(watching.cycle())[0] == 1
    assert watching.cycle().summary is None, "an unfinished line alone is nothing new"
    append(app, whole[1][50:])
    assert counts(watching.cycle())[0] == 1
    subprocess.run(["gzip", str(folder / "app.log.1")], check=True)
    assert counts(watching.cycle())[0] == 0, "the same content, compressed"
    nightly, watched = new_store("nightly"), new_store("data")
    nightly.ingest(folder)
    for name in ("access.log.1", "access.log"):
        assert (folder / name).exists()
    assert watched.unbalanced() == []
    views = [each.export(tmp_path / "out") for each in (watched, nightly)]
    assert differ(*views) == {}


def test_only_what_is_new_is_read(
    folder: Path, watching: Watch, traffic: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = append(folder / "app.log", *traffic(0, 50))
    watching.cycle()
    known = app.stat().st_size
    begun_at: list[int] = []
    stream_from = LogFile.stream_from

    def spied(self: LogFile, offset: int) -> Any:
        begun_at.append(offset)
        return stream_from(self, offset)

    def compared(*_: object) -> None:
        pytest.fail("the content was read to compare it")

    monkeypatch.setattr(LogFile, "stream_from", spied)
    monkeypatch.setattr(batches, "recognise", compared)
    append(app, *traffic(50, 60))
    assert counts(watching.cycle()) == (20, 100)
    assert begun_at == [known]


def test_content_that_was_replaced_is_not_taken_for_growth(
    folder: Path, watching: Watch, traffic: Any, new_store: Any
) -> None:
    """In the same inode, and longer than before: the bytes before the old end differ."""
    app = append(folder / "app.log", *traffic(0, 10))
    watching.cycle()
    inode = app.stat().st_ino
    with app.open("r+b") as file:
        file.truncate()
        file.writelines(traffic(100, 120))
    assert app.stat().st_ino == inode
    assert counts(watching.cycle()) == (40, 0)
    assert new_store("data").column("select count(*) from events") == [60]


def test_a_source_that_was_erased_meanwhile_is_not_gone_on_with(
    folder: Path, watching: Watch, traffic: Any, new_store: Any
) -> None:
    app = append(folder / "app.log", *traffic(0, 10))
    watching.cycle()
    store = new_store("data")
    store.ingest(reload=(app,))  # another process: the source has another number now
    append(app, *traffic(10, 12))
    assert counts(watching.cycle()) == (4, 20)
    assert store.column("select count(*) from events") == [24]
    assert store.unbalanced() == []


def test_a_last_line_is_read_when_its_file_was_left_alone(
    folder: Path, watching: Watch, traffic: Any
) -> None:
    app = append(folder / "app.log", *traffic(0, 2), traffic(2, 3)[0].rstrip(b"\n"))
    assert counts(watching.cycle())[0] == 4
    assert watching.cycle().summary is None
    old = time.time() - 3600
    os.utime(app, (old, old))
    watching._seen = {
        key: type(seen)(memory.Signature.of(app), is_whole=False)
        for key, seen in watching._seen.items()
    }
    assert counts(watching.cycle())[0] == 1
    assert watching.cycle().summary is None


@pytest.mark.parametrize("is_begun_anew", [False, True])
def test_a_file_that_turns_over_while_a_cycle_begins_loses_nothing(
    folder: Path, watching: Watch, traffic: Any, new_store: Any, monkeypatch: pytest.MonkeyPatch,
    is_begun_anew: bool,
) -> None:  # fmt: skip
    """Between the listing and the opening: its name is gone, or is another file's already."""
    app = append(folder / "app.log", *traffic(0, 5))
    watching.cycle()
    append(app, *traffic(5, 10))
    ingest_found = watch.ingest_found

    def late(*arguments: Any, **named: Any) -> Summary:
        app.rename(folder / "app.log.1")
        if is_begun_anew:
            append(app, *traffic(10, 12))
        return ingest_found(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(watch, "ingest_found", late)
        cycle = watching.cycle()
    assert cycle.summary is not None and cycle.summary.count("refused") == 0
    watching.cycle()
    store = new_store("data")
    assert store.column("select count(*) from events") == [24 if is_begun_anew else 20]
    assert store.unbalanced() == []


def test_what_keeps_one_cycle_from_working_does_not_keep_the_next(
    folder: Path, watching: Watch, traffic: Any, tmp_path: Path
) -> None:
    append(folder / "app.log", *traffic(0, 2))
    (tmp_path / "data").mkdir()
    with work.locked(tmp_path / "data"):
        cycle = watching.cycle()
    assert cycle.trouble is not None
    assert "another ingest is running" in str(cycle.trouble)
    assert counts(watching.cycle()) == (4, 0)


def test_a_pattern_may_match_later(tmp_path: Path, traffic: Any) -> None:
    watching = Watch([str(tmp_path / "*.log")], Settings(tmp_path / "data"), 30)
    assert watching.cycle().summary is None
    append(tmp_path / "app.log", *traffic(0, 1))
    assert counts(watching.cycle()) == (2, 0)


@pytest.mark.parametrize(
    ("publishing", "took", "pause"), [(0.5, 4.0, 26.0), (10.0, 12.0, 38.0), (0.0, 45.0, 0.0)]
)
def test_publishing_takes_a_fifth_of_the_time_at_most(
    watching: Watch, publishing: float, took: float, pause: float
) -> None:
    """Every 30 s, or as long as five publications."""
    summary = Summary(timings={"publishing": publishing})
    assert watching._pause(Cycle(summary, seconds=took)) == pytest.approx(pause)


# ---- the command


@pytest.fixture
def start(tmp_path: Path, folder: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start `chertlog watch`; what is left is killed at the end."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "chertlog.ingest", "watch", str(folder), "--interval", "1"]
        with (tmp_path / "said").open("ab") as said:
            each = subprocess.Popen(
                [*command, "--data-dir", str(tmp_path / "data"), *arguments], stderr=said
            )
        running.append(each)
        return each

    yield begin
    for each in running:
        each.kill()
        each.wait()


def wait_for(holds: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.2)


def test_the_command_follows_survives_a_kill_and_ends_when_told(
    start: Any, folder: Path, traffic: Any, new_store: Any, tmp_path: Path, differ: Any
) -> None:
    store = new_store("data")

    def events() -> int:
        try:
            return int(store.column("select count(*) from events")[0])
        except OSError:
            return 0

    app = append(folder / "app.log", *traffic(0, 10))
    first = start()
    wait_for(lambda: events() == 20)
    append(app, *traffic(10, 20))
    wait_for(lambda: events() == 40)
    first.kill()
    append(app, *traffic(20, 25))
    second = start("--check")
    wait_for(lambda: events() == 50)
    wait_for((tmp_path / "data" / "alerts.json").exists)
    second.send_signal(signal.SIGTERM)
    assert second.wait(60) == 0
    said = (tmp_path / "said").read_text()
    assert "20 events, 0 rejected, in" in said and "generation 1" in said
    nightly = new_store("nightly")
    nightly.ingest(folder)
    assert differ(store.export(tmp_path / "o"), nightly.export(tmp_path / "o")) == {}
