"""Cases 58 to 67 without 65: full disks, two at once, old databases, odd surroundings.

Case 57, kills, is test_kills.py; what files do to memory is test_bounds.py.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from logs import Logs
from stand import COMMAND, Stand, copy_of, differences

from chertlog.ingest import work


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mount a file system of so many MiB, where this may be done."""
    mounted: list[Path] = []

    def mount(mebibytes: int) -> Path:
        folder = tmp_path / f"disk{mebibytes}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "none", str(folder)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("no file system may be mounted here; the quota is tested all the same")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def limited(**limits: int) -> Callable[[], None]:
    def apply() -> None:
        for name, value in limits.items():
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))

    return apply


def assert_told_and_unchanged(
    stand: Stand, said: Any, before: tuple[Any, ...], *words: str
) -> None:
    assert said.exit_code == 3, said.words
    assert all(label in said.words for label in ("chertlog:", "where", "why", "next")), said.words
    assert any(word in said.words for word in words), said.words
    assert stand.state()[0:3] == before[0:3], "what was published changed"
    assert stand.earlier_rows() == stand.earlier


def bulk(logs: Logs, count: int = 4000) -> bytes:
    """Lines that no compression makes small."""
    noise = random.Random(58)
    return b"".join(
        logs.app("10:00:00", "note", f"n{n}", host=noise.randbytes(24).hex(), detail=f"x{n}")
        for n in range(count)
    )


def case_58_quota_reached(stand: Stand, logs: Logs) -> None:
    """Exit 3 in clear words wherever the limit strikes; earlier data open and are whole."""
    path = stand.write("big.log", bulk(logs))
    published = stand.generation.stat().st_size
    before = stand.state()
    for more in (256 << 10, 700 << 10):
        limit = max(published, (stand.data / "work.duckdb").stat().st_size) + more
        said = stand.command(path, preexec_fn=limited(FSIZE=limit))
        assert_told_and_unchanged(stand, said, before, "disk", "cannot be", "could not be")
    assert stand.ingest(path).exit_code == 0
    assert stand.counts(path)[:2] == [4000, 4000]


def case_58_disk_full(
    stand: Stand, logs: Logs, small_disk: Callable[[int], Path], record_property: Any
) -> None:
    """The same with a file system that has no room left, step by step, until there is enough."""
    path = stand.write("big.log", bulk(logs))
    refusals = 0
    size = sum(f.stat().st_size for f in stand.data.rglob("*") if not f.is_symlink()) >> 20
    for mebibytes in (size + 1, size + 12, size + 80):
        disk = copy_of(stand, small_disk(mebibytes))
        disk.earlier = stand.earlier
        before = disk.state()
        said = disk.command("--data-dir", disk.data, path)
        if said.exit_code == 0:
            break
        assert_told_and_unchanged(
            disk, said, before, "the disk is full", "No space left", "are free"
        )
        refusals += 1
        disk.close()
    assert refusals
    record_property("got", f"{refusals} sizes refused, then loaded with {mebibytes} MiB")
    assert disk.counts(path)[:2] == [4000, 4000]
    disk.close()
    assert stand.ingest(path).exit_code == 0


def case_58_read_only_file_system(
    stand: Stand, logs: Logs, small_disk: Callable[[int], Path]
) -> None:
    """Exit 3, and what is there can still be asked."""
    path = stand.write("app.log", *logs.answered(1))
    disk = copy_of(stand, small_disk(64))
    subprocess.run(["mount", "-o", "remount,ro", str(disk.home)], check=True)
    before = disk.state()
    said = disk.command("--data-dir", disk.data, path)
    assert_told_and_unchanged(disk, said, before, "Read-only file system")
    disk.close()
    assert stand.ingest(path).exit_code == 0


def case_59_two_ingests_at_once(stand: Stand, logs: Logs) -> None:
    """One says which process holds the lock and exits with 3; the other is not disturbed."""
    path = stand.write("app.log", *logs.answered(5))
    with work.locked(stand.data):
        said = stand.command(path)
    assert said.exit_code == 3
    assert f"process {os.getpid()} holds the lock" in said.words
    both = [
        subprocess.Popen(
            [*COMMAND, "ingest", path], stderr=subprocess.PIPE, text=True, cwd=stand.home
        )
        for _ in range(2)
    ]
    codes = []
    for process in both:
        _, words = process.communicate(timeout=120)
        assert "Traceback" not in words
        codes.append(process.returncode)
    assert set(codes) <= {0, 3} and 0 in codes
    assert stand.ingest(path).files("already loaded") == 1
    assert stand.traces(logs.label) == ["0", "1", "2", "3", "4"]


def case_59_stale_lock_and_open_reader(stand: Stand, logs: Logs) -> None:
    """A lock file without its process is no lock; a reader is not in the way."""
    (stand.data / "ingest.lock").write_text("999999")
    path = stand.write("app.log", *logs.answered(2))
    with duckdb.connect(str(stand.generation), read_only=True) as reader:
        rows = reader.execute("select count(*) from responses").fetchall()
        assert stand.command(path).exit_code == 0
        assert reader.execute("select count(*) from responses").fetchall() == rows
    assert stand.traces(logs.label) == ["0", "1"]


@pytest.mark.parametrize("version", ["0", "999"], ids=["older", "newer"])
def case_60_database_of_another_schema(stand: Stand, logs: Logs, version: str) -> None:
    """Refused with what to do; never overwritten, never half migrated."""
    path = stand.write("app.log", *logs.answered(1))
    with duckdb.connect(str(stand.data / "work.duckdb")) as con:
        con.execute("update store.meta set value = $1 where key = 'schema_version'", [version])
    before = (stand.data / "work.duckdb").read_bytes()
    said = stand.ingest(path)
    assert said.exit_code == 3
    assert ("not written by this version" if version == "0" else "newer") in said.words
    assert "next" in said.words
    assert (stand.data / "work.duckdb").read_bytes() == before


def case_60_work_file_that_is_no_database(stand: Stand, logs: Logs) -> None:
    """Refused, and left as it is."""
    path = stand.write("app.log", *logs.answered(1))
    good = (stand.data / "work.duckdb").read_bytes()
    for bad in (b"not a database" * 1000, good[: len(good) // 2], b""):
        (stand.data / "work.duckdb").write_bytes(bad)
        said = stand.ingest(path)
        if bad:
            assert said.exit_code == 3, bad[:10]
            assert "cannot be opened" in said.words or "cannot be read" in said.words
        (stand.data / "work.duckdb").write_bytes(good)
        (stand.data / "work.duckdb.wal").unlink(missing_ok=True)
    assert stand.ingest(path).exit_code == 0


def case_60_write_ahead_log_left_behind(stand: Stand, logs: Logs) -> None:
    """What was committed before a crash is read from it; a torn end is left out."""
    path = stand.write("app.log", *logs.answered(1))
    code = (
        "import duckdb, os\n"
        "con = duckdb.connect('chertlog-data/work.duckdb')\n"
        "con.execute('begin'); con.execute(\"insert into store.meta values ('x', 'y')\")\n"
        "con.execute('commit'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=stand.home, check=False)
    wal = stand.data / "work.duckdb.wal"
    assert wal.stat().st_size > 0
    wal.write_bytes(wal.read_bytes()[:-5])
    assert stand.ingest(path).exit_code == 0
    assert stand.traces(logs.label) == ["0"]


def case_61_out_of_memory(stand: Stand, logs: Logs) -> None:
    """With too little memory a run finishes or fails in clear words; then it can be repeated."""
    path = stand.write("big.log", bulk(logs, 20_000))
    before = stand.state()
    said = stand.command(path, env={**os.environ, "CHERTLOG_MEMORY_LIMIT": "24MB"})
    if said.exit_code != 0:
        assert_told_and_unchanged(stand, said, before, "memory")
    said = stand.command(path, preexec_fn=limited(AS=1200 << 20))
    assert said.exit_code in (0, 3), said.words
    assert stand.ingest(path).exit_code == 0
    assert stand.counts(path)[:2] == [20_000, 20_000]


def case_62_as_cron_runs_it(stand: Stand, logs: Logs, tmp_path: Path) -> None:
    """No terminal, LANG=C, another directory and zone, a tight umask: an identical database."""
    usual = copy_of(stand, tmp_path / "usual")
    path = stand.write("app.log", *logs.answered(6))
    usual.ingest("--data-dir", usual.data, path)
    key = {name: value for name, value in os.environ.items() if name.startswith("CHERTLOG_")}
    odd = {
        "TZ": "Asia/Kathmandu",
        "LANG": "C",
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PATH": "/nowhere",
    }
    said = stand.command("--data-dir", stand.data, path, cwd="/", umask=0o077, env={**odd, **key})
    assert said.exit_code == 0
    assert "\x1b" not in said.words
    assert differences(usual.export(), stand.export()) == {}
    usual.close()


def case_62_clock_set_back(stand: Stand, logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing rests on the clock but whether a file is young: a year back, a year ahead."""
    for number, shift in enumerate((-365 * 86400, 365 * 86400)):
        path = stand.write(f"{number}.log", *logs.answered(2, first=2 * number), age_s=shift)
        assert stand.ingest(path).exit_code == 0
        assert stand.counts(path) == [4, 4, 0, 0, 0]
    now = time.time()
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: now - 7 * 86400)
        path = stand.write("back.log", *logs.answered(1, first=8))
        assert stand.ingest(path).exit_code == 0
    assert stand.traces(logs.label) == ["0", "1", "2", "3", "8"]


def case_63_nothing_to_read(stand: Stand, logs: Logs) -> None:
    """An empty directory is exit 1, a missing one exit 2, each in its own words."""
    said = stand.ingest(stand.home / "missing")
    assert said.exit_code == 2 and "no such file or directory" in said.words
    (stand.home / "empty").mkdir()
    said = stand.ingest(stand.home / "empty")
    assert said.exit_code == 1 and "No log file was found" in said.words


def case_64_configuration(stand: Stand, logs: Logs) -> None:
    """Unknown keys and templates that match in unbounded time are refused at the start."""
    path = stand.write("app.log", *logs.answered(1))
    config = stand.home / "chertlog.toml"
    for text, words in {
        "memory_limits = '1GB'": "did you mean 'memory_limit'",
        "[edge]\nlog_formats = ['$request']": "no $time_local",
        "[edge]\nlog_formats = ['$http_user_agent$request [$time_local]']": "nothing between",
        "data_dir = [": "cannot be read",
    }.items():
        config.write_text(text)
        said = stand.ingest(path)
        assert said.exit_code == 2 and words in said.words
    config.unlink()
    assert stand.ingest(path).exit_code == 0


def case_64_long_lines_against_any_template(stand: Stand, logs: Logs) -> None:
    """A line of 100 KB that nearly fits is judged in the blink of an eye."""
    config = stand.home / "chertlog.toml"
    names = " ".join(f"$v{n}" for n in range(30)) + "".join(f"$w{n}" for n in range(30))
    config.write_text(f"[edge]\nlog_formats = ['{names} \"$request\" [$time_local] $status']\n")
    line = b"a " * 50_000 + b"\n"
    began = time.process_time()
    said = stand.ingest(stand.write("odd.log", line * 3, logs.edge("10:00:00", 0)))
    assert said.exit_code in (0, 1)
    assert time.process_time() - began < 30  # seconds where the unbounded takes years


def case_66_rejected_line_fixed_and_offered_again(stand: Stand, logs: Logs) -> None:
    """With --reload the file's rejected line becomes an event, once; the balance holds."""
    one, two, three, four = logs.answered(2)
    path = stand.write("app.log", one, two[:50] + b"\n", three, four)
    stand.ingest(path)
    assert stand.rejected(path) == {2: "json"}
    stand.write("app.log", one, two, three, four)
    assert stand.ingest("--reload", path).exit_code == 0
    assert stand.counts(path) == [4, 4, 0, 0, 0]
    assert stand.statuses() == [("app.log", "loaded")]
    stand.ingest(path)  # what the invariants are held to: --reload loads again each time
    assert stand.traces(logs.label) == ["0", "1"]


def case_67_forgotten_and_offered_again(stand: Stand, logs: Logs) -> None:
    """What was erased stays erased when the same file comes again."""
    path = stand.write("app.log", *logs.answered(2))
    stand.ingest(path)
    subprocess.run(
        [*COMMAND, "forget", "--tenant", f"tenant-{logs.label}"],
        cwd=stand.home,
        check=True,
        capture_output=True,
        input=b"y\n",
    )
    assert stand.traces(logs.label) == []
    stand.ingest(path)
    assert stand.traces(logs.label) == []
    stand.ingest(stand.write("copy.log", *logs.answered(2), b"\n"))
    assert stand.traces(logs.label) == []
