"""Cases 1 to 26: files that are empty, unfinished, renamed, rotated, broken, or no log at all.

The numbers are those of the fault catalogue; ARCHITECTURE.md says where a decision differs from
it. The fixture `stand` checks the four invariants after each.
"""

from __future__ import annotations

import ctypes
import gzip
import os
import random
import shutil
import socket
import sys
from pathlib import Path

import duckdb
import pytest
import zstandard
from logs import Logs
from stand import COMMAND, Stand

from chertlog.ingest import run as run_module


def case_01_empty_file(stand: Stand, logs: Logs) -> None:
    """Accepted with 0 lines and one row; nobody is called."""
    path = stand.write("empty.log")
    said = stand.ingest(path)
    assert said.exit_code == 0
    assert stand.statuses() == [("empty.log", "empty")]
    assert stand.counts(path) == [0, 0, 0, 0, 0]


def case_02_only_blank_lines(stand: Stand, logs: Logs) -> None:
    """Every line is counted as blank."""
    path = stand.write("blank.log", b"\n \t\n\r\n   \n")
    assert stand.ingest(path).exit_code == 0
    assert stand.counts(path) == [4, 0, 0, 4, 0]


def case_03_last_line_without_newline_of_a_finished_file(stand: Stand, logs: Logs) -> None:
    """Accepted whole: the file is compressed, or was left alone for ten minutes."""
    one, two = (logs.answered(2, first=first) for first in (0, 2))
    old = stand.write("app.log.1", b"".join(one).rstrip(b"\n"))
    packed = stand.write("app.log.2.gz", gzip.compress(b"".join(two).rstrip(b"\n")), age_s=0)
    assert stand.ingest(old, packed).exit_code == 0
    assert stand.counts(old) == stand.counts(packed) == [4, 4, 0, 0, 0]
    assert stand.traces(logs.label) == ["0", "1", "2", "3"]


def case_04_last_line_still_being_written(stand: Stand, logs: Logs) -> None:
    """The tail is left; the next run takes the whole line once."""
    *whole, last = logs.answered(2)
    path = stand.write("app.log", *whole, last[:40], age_s=0)
    assert stand.ingest(path).exit_code == 0
    assert stand.source(path)["status"] == "growing"
    assert stand.counts(path) == [3, 3, 0, 0, 0]
    stand.write("app.log", *whole, last, age_s=0)
    assert stand.ingest(path).exit_code == 0
    assert stand.counts(path) == [4, 1, 0, 0, 3]
    assert stand.traces(logs.label) == ["0", "1"]


def case_04_last_line_that_stops_twice(stand: Stand, logs: Logs) -> None:
    """Read after ten minutes, written on and stopped again: offered once more, it adds nothing."""
    *whole, last = logs.answered(2)
    path = stand.write("app.log", *whole, last[:40])
    assert stand.ingest(path).exit_code == 0
    assert stand.rejected(path) == {4: "json"}
    stand.write("app.log", *whole, last[:80], age_s=0)
    for _ in range(2):
        assert stand.ingest(path).exit_code == 0
        assert stand.counts(path) == [3, 0, 0, 0, 3]
    assert stand.statuses() == [("app.log", "growing"), ("app.log", "loaded")]
    stand.write("app.log", *whole, last, age_s=0)
    assert stand.ingest(path).exit_code == 0
    assert stand.traces(logs.label) == ["0", "1"]


def case_05_same_file_again(stand: Stand, logs: Logs) -> None:
    """Skipped as already loaded; no row is added."""
    path = stand.write("app.log", *logs.answered(2))
    stand.ingest(path)
    said = stand.ingest(path)
    assert said.files("already loaded") == 1
    assert stand.statuses() == [("app.log", "loaded")]


def case_06_same_content_under_another_name(stand: Stand, logs: Logs) -> None:
    """Skipped; both names are recorded."""
    path = stand.write("access.log", logs.edge("10:00:00", 0))
    stand.ingest(path)
    moved = path.rename(path.with_name("access.log.1"))
    assert stand.ingest(moved).files("already loaded") == 1
    assert stand.statuses() == [("access.log", "loaded"), ("access.log.1", "already loaded")]
    assert stand.source(moved)["reason"] == f"same content as {path}"


def case_07_same_content_compressed(stand: Stand, logs: Logs) -> None:
    """Skipped, whatever compressed it, at whatever level and time."""
    data = b"".join(logs.answered(2))
    stand.ingest(stand.write("app.log", data))
    packed = [
        stand.write("a.gz", gzip.compress(data)),
        stand.write("b.gz", gzip.compress(data, 1, mtime=5)),
        stand.write("c.zst", zstandard.compress(data)),
    ]
    assert stand.ingest(*packed).files("already loaded") == 3
    assert stand.traces(logs.label) == ["0", "1"]


def case_08_file_grew(stand: Stand, logs: Logs) -> None:
    """Only its new lines are accepted; the known ones count as duplicates."""
    path = stand.write("app.log", *logs.answered(2))
    stand.ingest(path)
    stand.write("app.log", *logs.answered(5))
    stand.ingest(path)
    assert stand.counts(path) == [10, 6, 0, 0, 4]
    assert stand.traces(logs.label) == ["0", "1", "2", "3", "4"]


def case_09_copytruncate(stand: Stand, logs: Logs) -> None:
    """A shorter file of the same name is new; what was loaded stays."""
    path = stand.write("app.log", *logs.answered(3))
    stand.ingest(path)
    stand.write("app.log", *logs.answered(1, first=3))
    stand.ingest(path)
    assert stand.statuses() == [("app.log", "loaded")] * 2
    assert stand.counts(path) == [2, 2, 0, 0, 0]
    assert stand.traces(logs.label) == ["0", "1", "2", "3"]


def case_10_rewritten_in_place_with_the_same_size(stand: Stand, logs: Logs) -> None:
    """Other content is a new file: its lines are accepted."""
    path = stand.write("app.log", *logs.answered(1, first=1))
    facts = path.stat()
    stand.ingest(path)
    stand.write("app.log", *logs.answered(1, first=2))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_ino) == (facts.st_size, facts.st_ino)
    stand.ingest(path)
    assert stand.traces(logs.label) == ["1", "2"]


def case_11_alike_for_a_megabyte_then_different(stand: Stand, logs: Logs) -> None:
    """Both accepted; the last line decides as well as the first."""
    filler = [
        logs.app("09:00:00", "service.heartbeat", host=f"host-{n}", note="x" * 100_000)
        for n in range(11)
    ]
    one = stand.write("one.log", *filler, logs.sent("10:00:00", "one"))
    two = stand.write("two.log", *filler, logs.sent("10:00:00", "two"))
    stand.ingest(one, two)
    assert stand.traces(logs.label) == ["one", "two"]
    assert stand.counts(one) == stand.counts(two) == [12, 12, 0, 0, 0]


def case_12_inode_reused_or_restored_from_a_backup(stand: Stand, logs: Logs) -> None:
    """The content decides; inode and time do not."""
    path = stand.write("app.log", *logs.answered(2))
    stand.ingest(path)
    inode = path.stat().st_ino
    path.rename(path.with_name("app.log.1"))
    shutil.copy(path.with_name("app.log.1"), path)  # another inode, the same content
    os.utime(path, (0, 0))
    assert stand.ingest(path).files("already loaded") == 1
    reused = path.with_name("app.log.1")
    reused.write_bytes(b"".join(logs.answered(2, first=2)))
    assert reused.stat().st_ino == inode
    assert stand.ingest(reused).files("loaded") == 1
    assert stand.traces(logs.label) == ["0", "1", "2", "3"]


def case_13_overlapping_copies(stand: Stand, logs: Logs) -> None:
    """Lines that two files hold count once; the others of both are accepted."""
    lines = logs.answered(4)
    day = stand.write("day.log", *lines[:6])
    hour = stand.write("hour.log", *lines[4:])
    stand.ingest(day)
    stand.ingest(day, hour)
    # The copy with the lower line number keeps the event, whatever came first.
    assert stand.counts(day) == [6, 4, 0, 0, 2]
    assert stand.counts(hour) == [4, 4, 0, 0, 0]
    assert stand.traces(logs.label) == ["0", "1", "2", "3"]


def case_14_duplicate_line_inside_a_file(stand: Stand, logs: Logs) -> None:
    """Counted as a duplicate; counts by code are as without it."""
    lines = [logs.received("10:00:00", 0), logs.sent("10:00:01", 0, 503, 3001)]
    path = stand.write("app.log", *lines, lines[1], lines[1])
    stand.ingest(path)
    assert stand.counts(path) == [4, 2, 0, 0, 2]
    assert stand.sql("select error_code, errors from errors_by_code") == [(3001, 1)]


def case_15_rotation_during_the_run(
    stand: Stand, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file renamed after listing: read through its open handle, or by the next run."""
    path = stand.write("app.log", *logs.answered(3))
    rotated = path.with_name("app.log.1")
    find, load = run_module.find, run_module.load_batch

    def find_then_rotate(paths: list[str]) -> object:
        found = find(paths)
        path.rename(rotated)
        return found

    def rotate_then_load(*arguments: object, **named: object) -> None:
        rotated.rename(path)  # as if it were the file's second rotation
        path.write_bytes(b"".join(logs.answered(1, first=9)))
        load(*arguments, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(run_module, "find", find_then_rotate)
        said = stand.ingest(path.parent)
    assert said.exit_code == 1
    assert "app.log: No such file" in said.words
    assert stand.ingest(path.parent).exit_code == 0
    assert stand.traces(logs.label) == ["0", "1", "2"]

    path.parent.joinpath("next.log").write_bytes(b"".join(logs.answered(2, first=3)))
    following = path.parent / "next.log"

    def rename_then_load(*arguments: object, **named: object) -> None:
        following.rename(path.parent / "next.log.1")
        load(*arguments, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(run_module, "load_batch", rename_then_load)
        assert stand.ingest(path.parent).exit_code == 0
    assert stand.traces(logs.label) == ["0", "1", "2", "3", "4"]
    assert stand.ingest(path.parent).files("already loaded") == 2


def without_root_rights() -> None:
    """Let permissions hold for root too: its children may not override them."""
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP; fails for others


def case_16_deleted_or_denied(stand: Stand, logs: Logs) -> None:
    """That file is refused, the others go on, the exit code calls a person."""
    good = stand.write("good.log", *logs.answered(1))
    denied = stand.write("denied.log", *logs.answered(1, first=1))
    denied.chmod(0)
    (good.parent / "gone.log").symlink_to("nowhere")
    said = stand.command(good.parent, preexec_fn=without_root_rights)
    assert said.exit_code == 1
    assert "denied.log: Permission denied" in said.words
    assert "gone.log: No such file" in said.words
    assert stand.traces(logs.label) == ["0"]
    denied.chmod(0o600)
    (good.parent / "gone.log").unlink()
    assert stand.ingest(good.parent).exit_code == 0
    assert stand.traces(logs.label) == ["0", "1"]


def case_17_truncated_gzip(stand: Stand, logs: Logs) -> None:
    """Refused whole, saying after which line; a later good copy loads."""
    noise = random.Random(17)
    data = b"".join(
        logs.app("10:00:00", "service.heartbeat", host=noise.randbytes(60).hex())
        for _ in range(600)
    )
    good = gzip.compress(data + b"".join(logs.answered(2)))
    path = stand.write("app.gz", good[:-200])
    said = stand.ingest(path)
    assert said.exit_code == 1
    assert "ended before the end-of-stream marker" in said.words and "after line" in said.words
    assert stand.counts(path) == [0, 0, 0, 0, 0]
    assert stand.traces(logs.label) == []
    stand.write("app.gz", good)
    assert stand.ingest(path).exit_code == 0
    assert stand.counts(path, "loaded") == [604, 604, 0, 0, 0]


def case_18_gzip_with_a_wrong_checksum_or_length(stand: Stand, logs: Logs) -> None:
    """Refused whole, by the pass that reads it."""
    for place, what in ((-8, "CRC"), (-4, "ncorrect length")):
        data = bytearray(gzip.compress(b"".join(logs.answered(2))))
        data[place] ^= 1
        said = stand.ingest(stand.write(f"bad{place}.gz", bytes(data)))
        assert said.exit_code == 1
        assert what in said.words
    assert stand.traces(logs.label) == []


def case_19_gzip_of_several_members(stand: Stand, logs: Logs) -> None:
    """All members are read; a line may cross from one to the next."""
    data = b"".join(logs.answered(3))
    parts = [data[:100], data[100:700], data[700:]]
    path = stand.write("app.gz", *map(gzip.compress, parts))
    assert stand.ingest(path).exit_code == 0
    assert stand.counts(path) == [6, 6, 0, 0, 0]


def case_20_zeros_or_junk_behind_gzip(stand: Stand, logs: Logs) -> None:
    """Zero bytes (padding of a tape or a crash) are accepted; anything else is refused whole."""
    packed = gzip.compress(b"".join(logs.answered(1)))
    zeros = stand.write("zeros.gz", packed, bytes(4096))
    assert stand.ingest(zeros).exit_code == 0
    assert stand.counts(zeros) == [2, 2, 0, 0, 0]
    other = gzip.compress(b"".join(logs.answered(1, first=1)))
    junk = stand.write("junk.gz", other, b"junk of another file")
    said = stand.ingest(zeros, junk)
    assert said.exit_code == 1
    assert "Not a gzipped file" in said.words
    assert stand.traces(logs.label) == ["0"]


def case_21_name_and_content_disagree_on_compression(stand: Stand, logs: Logs) -> None:
    """Magic bytes decide, not names."""
    plain = stand.write("plain.gz", *logs.answered(1))
    packed = stand.write("packed.log", gzip.compress(b"".join(logs.answered(1, first=1))))
    assert stand.ingest(plain, packed).exit_code == 0
    assert stand.traces(logs.label) == ["0", "1"]


def case_22_zstd_without_its_module_or_length_prefixed(
    stand: Stand, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused by name: the module is missing, or it is the Collector's framing, not a zstd file."""
    message = zstandard.compress(logs.otlp(logs.record("10:00:00", 0)))
    framed = stand.write("otlp.zst", len(message).to_bytes(4, "big"), message)
    said = stand.ingest(framed)
    assert said.exit_code == 1
    assert "length-prefixed" in said.words
    framed.unlink()
    path = stand.write("app.zst", zstandard.compress(b"".join(logs.answered(1))))
    good = stand.write("good.log", *logs.answered(1, first=1))
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "zstandard", None)
        said = stand.ingest(path, good)
    assert said.exit_code == 1
    assert "zstandard is not installed" in said.words
    assert stand.traces(logs.label) == ["1"]
    assert stand.ingest(path, good).exit_code == 0
    assert stand.traces(logs.label) == ["0", "1"]


@pytest.mark.parametrize("packer", ["gzip", "zstd"])
def case_23_decompression_bomb(stand: Stand, logs: Logs, packer: str, is_long: bool) -> None:
    """Refused once it is more than 300 times its size; memory stays flat."""
    size = (1 << 30) if is_long else (64 << 20)
    line = b"\n" if is_long else b" " * 1023 + b"\n"
    head, filler = b"".join(logs.answered(1)), line * ((1 << 20) // len(line))
    if packer == "gzip":
        path = stand.write("bomb.gz")
        with gzip.open(path, "wb", compresslevel=9) as file:
            file.write(head)
            for _ in range(size >> 20):
                file.write(filler)
    else:
        pack = zstandard.ZstdCompressor(level=3).compressobj()
        parts = [pack.compress(head), *(pack.compress(filler) for _ in range(size >> 20))]
        path = stand.write("bomb.zst", *parts, pack.flush())
    assert path.stat().st_size < size / 400
    code = (
        "import re, sys; from pathlib import Path; from chertlog.ingest.cli import app\n"
        "try: app()\n"
        "finally:\n"
        # Not ru_maxrss: that begins with what the process had that forked this one.
        "    peak = re.search('VmHWM:(.*)kB', Path('/proc/self/status').read_text())[1]\n"
        "    print('peak', peak, file=sys.stderr)"
    )
    said = stand.command(path, command=(sys.executable, "-c", code))
    assert said.exit_code == 1
    assert "more than 300 times" in said.words
    assert int(said.words.rsplit("peak", 1)[1]) < 600_000  # KiB; most of it is what is imported
    assert stand.traces(logs.label) == []


def case_24_not_text(stand: Stand, logs: Logs, tmp_path: Path) -> None:
    """Refused with one line that says what it is; no rejected lines."""
    duckdb.connect(str(tmp_path / "x.duckdb")).close()
    tar = bytearray(1024)
    tar[:7], tar[257:262] = b"app.log", b"ustar"
    files = {
        "picture.log": (b"\x89PNG\r\n\x1a\n" + bytes(64), "an image"),
        "database.log": ((tmp_path / "x.duckdb").read_bytes(), "a DuckDB database"),
        "tar.log": (bytes(tar), "a tar archive"),
        "tar.log.gz": (gzip.compress(bytes(tar)), "a tar archive"),
        "noise.log": (random.Random(24).randbytes(50_000), "binary data"),
        "archive.log": (b"PK\x03\x04" + bytes(50), "a zip archive"),
    }
    for name, (data, _) in files.items():
        stand.write(name, data)
    said = stand.ingest(stand.home / "logs")
    assert said.exit_code == 1
    for name, (_, words) in files.items():
        (line,) = [line for line in said.words.splitlines() if f"/{name}: " in line]
        assert words in line
    assert said.files("refused") == len(files)
    assert stand.sql("select count(*) from rejected_lines where source_id > 's3'") == [(0,)]


def case_25_no_regular_files(stand: Stand, logs: Logs) -> None:
    """Directories, loops of links, FIFOs, devices and sockets stop nothing and hang nothing."""
    good = stand.write("deep/good.log", *logs.answered(1))
    folder = stand.home / "logs"
    (folder / "loop").symlink_to(folder)
    (folder / "me").symlink_to("me")
    os.mkfifo(folder / "fifo.log")
    server = socket.socket(socket.AF_UNIX)
    os.chdir(folder)  # a socket's path must be short
    server.bind("socket.log")
    os.chdir(stand.home)
    said = stand.ingest(folder)
    server.close()
    assert said.exit_code == 1
    assert "me: Too many levels of symbolic links" in said.words
    assert said.files("refused") == 1  # met while walking, FIFO and socket are passed over
    said = stand.ingest(good, folder / "fifo.log", folder / "socket.log", "/dev/zero")
    assert said.files("refused") == 3
    assert said.words.count("not a regular file") == 3
    assert stand.traces(logs.label) == ["0"]


def case_26_odd_names(stand: Stand, logs: Logs) -> None:
    """Accepted, and shown escaped."""
    names = [
        b"with blanks 'and' \"quotes\".log",
        b"line\nbreak.log",
        b"100%.log",
        b"not-utf8-\xff.log",
        b"-leading.log",
        b"x;DROP TABLE store.event;--.log",
        b"[red]esc\x1b[31m.log",
        b"star*?.log",
    ]
    folder = stand.home / "logs"
    folder.mkdir()
    for number, name in enumerate(names):
        (folder / os.fsdecode(name)).write_bytes(b"".join(logs.answered(1, first=number)))
    (stand.home / "logs" / "bad\x1b]0;title\x07.txt").write_bytes(b"milk\n")
    stand.ingest(stand.home / "logs" / "star*?.log")  # named, it is a file and no pattern
    assert stand.statuses() == [("star*?.log", "loaded")]
    said = stand.ingest(stand.home / "logs")
    assert "\x1b]" not in said.words and r"bad\x1b]0;title\x07.txt" in said.words
    assert stand.traces(logs.label) == [str(number) for number in range(len(names))]
    paths = set(stand.column("select path from sources where status = 'loaded'"))
    assert any(path.endswith(r"not-utf8-\xff.log") for path in paths)
    (stand.home / "logs" / "bad\x1b]0;title\x07.txt").unlink()
    os.chdir(stand.home / "logs")
    assert stand.command("--", "-leading.log", "--data-dir", cwd=stand.home / "logs").exit_code == 2
    said = stand.command(
        "--data-dir", stand.data, "--", "-leading.log", cwd=stand.home / "logs", command=COMMAND
    )
    assert said.files("already loaded") == 1
