"""From bytes to lines: block borders, flaws, hashes; recognising formats; finding files."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chertlog.ingest import blocks
from chertlog.ingest.blocks import Progress, Start, gathered, line_batches
from chertlog.ingest.detection import detect, is_truth
from chertlog.ingest.files import READ_ERRORS, LogFile, NotText, find
from chertlog.ingest.formats import formats
from chertlog.ingest.log_format import CHERT, COMBINED, SHIPPED, compile_template, named_templates
from chertlog.ingest.sources import Beginnings

BOM = b"\xef\xbb\xbf"
KNOWN = formats(SHIPPED)


class Drops:
    """A stream that hands out fewer bytes than it is asked for, as a pipe or a zstd frame may."""

    def __init__(self, data: bytes, most: int) -> None:
        self._data, self._most = data, most

    def read(self, size: int, /) -> bytes:
        size = min(size, self._most)
        part, self._data = self._data[:size], self._data[size:]
        return part


def lines_of(data: bytes, *, most: int = 1 << 30, **arguments: Any) -> tuple[list[Any], Progress]:
    """(number, offset, text, flaw) of every line, and the progress at the end."""
    progress = Progress()
    found: list[Any] = []
    for batch in line_batches(Drops(data, most), 1, progress, **arguments):
        rows = batch.to_pylist()
        assert {row["file_no"] for row in rows} <= {1}
        found += [(r["line_number"], r["byte_offset"], r["line"], r["flaw"]) for r in rows]
    return found, progress


def expected(data: bytes) -> list[tuple[int, int, bytes]]:
    """The same by plain Python: number, offset and bytes of each line."""
    parts = data.split(b"\n")
    if parts[-1] == b"":
        parts.pop()
    found, offset = [], 0
    for number, part in enumerate(parts, 1):
        found.append((number, offset, part))
        offset += len(part) + 1
    return found


SMALL = b"one\n\ntwo\xc3\xa9\r\n" + "a\u2028b\u0085c\x0bd\n".encode() + b" \t\nbad\xff!\nn\0l\nlast"


@pytest.mark.parametrize("size", range(1, len(SMALL) + 2))
def test_a_block_may_end_anywhere(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Only \\n ends a line: not CR, U+2028, U+0085 or a vertical tab. No border changes that."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
    found, progress = lines_of(SMALL)
    flaws = {6: "encoding", 7: "nul"}
    assert [(n, offset) for n, offset, _, _ in found] == [(n, o) for n, o, _ in expected(SMALL)]
    assert [flaw for *_, flaw in found] == [flaws.get(n) for n, *_ in found]
    for (number, _, text, _), (_, _, raw) in zip(found, expected(SMALL), strict=True):
        if number not in flaws:
            assert text.encode() == raw
    assert (progress.lines, progress.content_bytes) == (8, len(SMALL))
    assert progress.tail_offset == SMALL.rindex(b"last")
    assert progress.digest.hexdigest() == hashlib.sha256(SMALL).hexdigest()


@pytest.mark.parametrize("size", range(1, len(SMALL) + 2))
def test_an_unfinished_line_can_be_left_unread(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
    found, progress = lines_of(SMALL, read_tail=False)
    whole = SMALL.removesuffix(b"last")
    assert [(n, offset) for n, offset, _, _ in found] == [(n, o) for n, o, _ in expected(whole)]
    assert (progress.lines, progress.content_bytes) == (7, len(whole))
    assert (progress.tail_bytes, progress.tail_offset) == (4, None)
    assert progress.digest.hexdigest() == hashlib.sha256(whole).hexdigest()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("line", range(len(expected(SMALL))))
def test_reading_can_start_behind_what_is_known(
    monkeypatch: pytest.MonkeyPatch, size: int, line: int
) -> None:
    """Known lines are hashed, not emitted; numbers and offsets go on from there."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
    start = Start(expected(SMALL)[line][1], line)
    found, progress = lines_of(SMALL, start=start)
    assert [(n, offset) for n, offset, _, _ in found] == [
        (n, o) for n, o, _ in expected(SMALL)[line:]
    ]
    assert progress.lines == 8
    assert progress.digest.hexdigest() == hashlib.sha256(SMALL).hexdigest()


PIECES = st.sampled_from(
    [b"\n", b"\r\n", b"\n\n", b"x" * 9, b"\xc3\xa9", b"\xe2\x80\xa8", b"\xff", b"\xc3", b"\0", BOM]
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.lists(PIECES | st.binary(max_size=6), max_size=25).map(b"".join),
    size=st.integers(1, 40),
    most=st.integers(1, 40),
)
def test_the_lines_are_the_file(
    monkeypatch: pytest.MonkeyPatch, data: bytes, size: int, most: int
) -> None:
    """Whatever the bytes and the borders: joined again they are the file, and flaws are where
    Python finds them."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
    found, progress = lines_of(data, most=most)
    wanted = expected(data)
    assert [(n, offset) for n, offset, _, _ in found] == [(n, o) for n, o, _ in wanted]
    assert progress.content_bytes == len(data)
    assert progress.lines == len(wanted)
    assert progress.digest.hexdigest() == hashlib.sha256(data).hexdigest()
    for (number, _, text, flaw), (_, _, raw) in zip(found, wanted, strict=True):
        try:
            raw.decode()
        except UnicodeDecodeError:
            assert flaw == "encoding"
            shown = raw.removeprefix(BOM) if number == 1 else raw
            assert len(text.encode()) == len(shown)  # each bad byte replaced by one
        else:
            assert flaw == ("nul" if b"\0" in raw else None)
            assert text.encode() == (raw.removeprefix(BOM) if number == 1 else raw)


def test_small_batches_become_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "WORTH_LINES", 10)
    files = [b"".join(b"%d-%d\n" % (n, line) for line in range(n % 5)) for n in range(40)]
    few = [
        batch
        for n, data in enumerate(files)
        for batch in line_batches(io.BytesIO(data), n, Progress())
    ]
    many = list(gathered(iter(few)))
    assert [row for batch in many for row in batch.to_pylist()] == [
        row for batch in few for row in batch.to_pylist()
    ]
    assert all(len(batch) >= 10 for batch in many[:-1]) and len(many) < len(few) / 3


@given(st.lists(st.text("ab", max_size=4).map(str.encode), max_size=12))
def test_what_may_go_on_is_found_among_sorted_beginnings(heads: list[bytes]) -> None:
    known, kept = Beginnings(), []
    for head in heads:
        goes_on = any(head.startswith(other) or other.startswith(head) for other in kept)
        assert known.may_go_on(head) == goes_on
        if not goes_on:
            known.add(head)
            kept.append(head)


def test_nothing_has_no_lines() -> None:
    assert lines_of(b"")[0] == []
    assert [text for _, _, text, _ in lines_of(b"\n")[0]] == [""]


@pytest.mark.parametrize("size", [5, 16, 40, 1000])
@pytest.mark.parametrize("length", [20, 21, 22, 55, 200])
def test_a_line_over_the_limit_is_one_flaw(
    monkeypatch: pytest.MonkeyPatch, size: int, length: int
) -> None:
    """In one block or over many: lines after it keep their numbers and offsets."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
    monkeypatch.setattr(blocks, "MAX_LINE_BYTES", 20)
    data = b"first\n" + b"y" * length + b"\nafter\n" + b"z" * 20 + b"\nend\n"
    found, progress = lines_of(data)
    flaw = "too_long" if length > 20 else None
    assert [(n, o, f) for n, o, _, f in found] == [
        (n, o, flaw if n == 2 else None) for n, o, _ in expected(data)
    ]
    assert [text for _, _, text, _ in found[2:]] == ["after", "z" * 20, "end"]
    assert progress.lines == 5
    assert progress.digest.hexdigest() == hashlib.sha256(data).hexdigest()


def test_only_the_beginning_of_a_long_line_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 600)
    monkeypatch.setattr(blocks, "MAX_LINE_BYTES", 1000)
    (number, offset, text, flaw), *_ = lines_of(b"\xff\0" + b"a" * 5000)[0]
    assert (number, offset, flaw) == (1, 0, "too_long")
    assert len(text) <= blocks.SHOWN_OF_LONG_LINE
    assert "\0" not in text


def test_a_line_of_too_many_values_is_a_flaw(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line longer than a block, whose JSON would take far more memory than its text."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 600)
    monkeypatch.setattr(blocks, "MAX_MARKS", 500)
    found, _ = lines_of(b"[,:{" * 140 + b"\n" + b"[,:{" * 125 + b"a" * 500 + b"\n" + b"[" * 900)
    assert [(n, flaw) for n, _, _, flaw in found] == [(1, None), (2, None), (3, "too_dense")]


@pytest.mark.parametrize("size", [7, 1000])
def test_a_long_last_line_can_be_left_unread(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """An unfinished line is not read before it is finished, however long it is by now."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
    monkeypatch.setattr(blocks, "MAX_LINE_BYTES", 20)
    found, progress = lines_of(b"first\n" + b"y" * 100, read_tail=False)
    assert [(n, flaw) for n, _, _, flaw in found] == [(1, None)]
    assert (progress.lines, progress.content_bytes) == (1, 6)


def test_a_long_last_line_is_a_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 7)
    monkeypatch.setattr(blocks, "MAX_LINE_BYTES", 20)
    found, progress = lines_of(b"first\n" + b"y" * 100)
    assert [(n, flaw) for n, _, _, flaw in found] == [(1, None), (2, "too_long")]
    assert (progress.lines, progress.tail_offset) == (2, 6)


# ---- templates and formats


def test_the_shipped_template_takes_its_lines(lines: Any) -> None:
    template = compile_template(CHERT)
    line = lines.edge("10:00:00", "0a1b2c3d4e5f", 503, retry_after="30").decode().rstrip("\n")
    assert template.matches(line)
    assert not template.matches(line + " more")
    assert not template.matches("x" + line.replace("[", "("))


@pytest.mark.parametrize(
    "request_text",
    ["GET / HTTP/1.1", "", r"\x16\x03\x01", "-", r"GET /a\x22b HTTP/1.1", "GET /[x] HTTP/1.0"],
)
def test_any_request_fits_the_template(lines: Any, request_text: str) -> None:
    line = lines.edge("10:00:00", request=request_text).decode().rstrip("\n")
    assert compile_template(CHERT).matches(line)


def test_combined_is_told_from_chert(lines: Any) -> None:
    combined = b'192.0.2.7 - - [21/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "curl"\n'
    assert detect(combined, KNOWN).format.name == "nginx:combined"
    assert detect(lines.edge("10:00:00"), KNOWN).format.name == "nginx:chert"


def test_a_template_without_time_or_status_is_refused() -> None:
    for text in ("$remote_addr $status", "[$time_local] $request", ""):
        with pytest.raises(ValueError, match="time_local"):
            compile_template(text)


def test_a_template_takes_its_characters_literally() -> None:
    template = compile_template("^$remote_addr|[$time_local].*$status$")
    assert template.matches("^192.0.2.1|[21/Nov/2026:10:00:00 +0000].*200$")
    assert not template.matches("^192.0.2.1|[21/Nov/2026:10:00:00 +0000]xx200$")


def test_the_last_variable_of_a_template_may_hold_blanks() -> None:
    """Nothing follows it that could end it."""
    for name in ("request", "http_user_agent", "uri_and_more"):
        template = compile_template(f"$status [$time_local] ${name}")
        assert template.matches("200 [21/Nov/2026:10:00:00 +0000] GET / HTTP/1.1")


def test_templates_are_named() -> None:
    text = "log_format main escape=json '$remote_addr [$time_local] '\n  '$status';"
    assert named_templates([text, COMBINED]) == {
        "main": "$remote_addr [$time_local] $status",
        "custom2": COMBINED,
    }


def test_formats_are_detected_by_content(lines: Any) -> None:
    app = lines.sent("10:00:00", "0a1b2c3d4e5f")
    assert detect(app, KNOWN).format.name == "app"
    assert detect(BOM + app, KNOWN).format.name == "app"
    assert detect(b"\r\n\n" + app.replace(b"\n", b"\r\n"), KNOWN).format.name == "app"
    assert detect(lines.otlp(lines.record("10:00:00", None)), KNOWN).format.name == "otlp"


def test_most_of_the_first_lines_decide(lines: Any) -> None:
    app, edge = lines.sent("10:00:00", "0a1b2c3d4e5f"), lines.edge("10:00:00")
    found = detect(app * 3 + b"panic\n" + edge, KNOWN)
    assert (found.format.name, found.confidence, found.lines) == ("app", 0.6, 5)


@pytest.mark.parametrize(
    "head", [b"", b"\n \r\n", b"hello\nworld\n", b'{"a":1}\n', b"[1]\n", b"{" * 30000, b"null\n"]
)
def test_what_is_no_log_has_no_format(head: bytes) -> None:
    assert detect(head, KNOWN) is None


def test_a_cut_last_line_does_not_count(lines: Any) -> None:
    app = lines.sent("10:00:00", "0a1b2c3d4e5f")
    assert detect(app + app[:30], KNOWN).confidence == 1


def test_the_simulators_truth_is_no_log() -> None:
    assert is_truth(b'{"chertlog_truth": 1,')
    assert is_truth(b"chertlog_truth_trace_id,occurred_at")
    assert not is_truth(b'{"ts":"2026-11-21T10:00:00Z","event":"x"}')


# ---- files


def read_all(file: LogFile, size: int = 1000) -> bytes:
    stream, parts = file.stream(), []
    while part := stream.read(size):
        parts.append(part)
    return b"".join(parts)


TEXT = b"".join(b"line %d\n" % n for n in range(3000))


def packed(kind: str, data: bytes = TEXT) -> bytes:
    half = len(data) // 2
    return {
        "plain": lambda: data,
        "gzip": lambda: gzip.compress(data),
        "gzip members": lambda: gzip.compress(data[:half]) + gzip.compress(data[half:]),
        "gzip with zeros": lambda: gzip.compress(data) + bytes(512),
        "zstd": lambda: zstandard.compress(data),
        "zstd frames": lambda: zstandard.compress(data[:half]) + zstandard.compress(data[half:]),
    }[kind]()


KINDS = ["plain", "gzip", "gzip members", "gzip with zeros", "zstd", "zstd frames"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["a.log", "a.gz", "a.zst"])
@pytest.mark.parametrize("size", [1, 4096, 1 << 20])
def test_compression_is_found_by_content(tmp_path: Path, kind: str, name: str, size: int) -> None:
    path = tmp_path / name
    path.write_bytes(packed(kind, TEXT[: 3000 if size == 1 else None]))
    file = LogFile(path)
    assert file.compression == kind.split()[0].replace("plain", "none")
    assert file.head() == TEXT[: 3000 if size == 1 else None][:65536]
    assert read_all(file, size) == TEXT[: 3000 if size == 1 else None]
    assert read_all(file, size) == TEXT[: 3000 if size == 1 else None]  # and again from the start
    file.close()


@pytest.mark.parametrize("kind", ["gzip", "gzip members", "zstd", "zstd frames"])
def test_a_truncated_file_is_noticed_wherever_it_ends(tmp_path: Path, kind: str) -> None:
    whole = packed(kind)
    path = tmp_path / "cut"
    for length in (*range(20, len(whole), 997), len(whole) - 1, len(whole) - 5):
        border = kind.endswith(("members", "frames")) and whole[:length] in (
            gzip.compress(TEXT[: len(TEXT) // 2]),
            zstandard.compress(TEXT[: len(TEXT) // 2]),
        )
        assert not border  # there it would be a whole file
        path.write_bytes(whole[:length])
        file = LogFile(path)
        with pytest.raises(READ_ERRORS):
            read_all(file)
        file.close()


@pytest.mark.parametrize("place", [-8, -4], ids=["CRC", "length"])
def test_a_wrong_gzip_trailer_is_noticed(tmp_path: Path, place: int) -> None:
    data = bytearray(gzip.compress(TEXT))
    data[place] ^= 1
    (tmp_path / "bad.gz").write_bytes(data)
    file = LogFile(tmp_path / "bad.gz")
    with pytest.raises(READ_ERRORS):
        read_all(file)
    file.close()


@pytest.mark.parametrize("place", [100, -1], ids=["inside", "checksum"])
def test_a_damaged_zstd_frame_is_noticed(tmp_path: Path, place: int) -> None:
    data = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(TEXT))
    data[place] ^= 0x55
    (tmp_path / "bad.zst").write_bytes(data)
    file = LogFile(tmp_path / "bad.zst")
    with pytest.raises((zlib.error, EOFError)):
        read_all(file)
    file.close()


def test_junk_behind_a_gzip_member_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "junk.gz").write_bytes(gzip.compress(TEXT) + b"junk")
    file = LogFile(tmp_path / "junk.gz")
    with pytest.raises(READ_ERRORS):
        read_all(file)
    file.close()


@pytest.mark.parametrize(
    ("magic", "word"),
    [
        (b"PK\x03\x04", "zip"),
        (b"BZh9", "bzip2"),
        (b"\xfd7zXZ\x00", "xz"),
        (b"\x89PNG", "image"),
        (b"PAR1", "Parquet"),
        (b"\xff\xfe{\x00", "UTF-16"),
        (b"12345678DUCK", "DuckDB"),
        (b"a" * 257 + b"ustar", "tar"),
    ],
)
def test_what_is_no_text_is_named(tmp_path: Path, magic: bytes, word: str) -> None:
    (tmp_path / "a.log").write_bytes(magic + bytes(100))
    file = LogFile(tmp_path / "a.log")
    with pytest.raises(NotText, match=word):
        file.head()
    file.close()


def test_a_fifo_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.log")
    with pytest.raises(NotText, match="not a regular file"):
        LogFile(tmp_path / "pipe.log")
    assert find([str(tmp_path)]) == ([], [])


def found_names(folder: Path, *paths: str) -> list[str]:
    found, missing = find(paths or [str(folder)])
    assert missing == []
    return [str(entry.path.relative_to(folder)) for entry in found]


def test_a_loop_of_directories_ends(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "b" / "x.log").write_bytes(b"x")
    assert found_names(tmp_path) == ["a/b/x.log"]


def test_unfinished_and_hidden_files_are_passed_over(tmp_path: Path) -> None:
    for name in ("a.log", ".hidden", "a.log.tmp", "b.swp", "c.lock", "d.part", "tmp"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "e.log").write_bytes(b"x")
    assert found_names(tmp_path) == ["a.log", "tmp"]


def test_a_file_given_by_name_is_taken_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / ".a.tmp"
    path.write_bytes(b"x")
    assert found_names(tmp_path, str(path)) == [".a.tmp"]


def test_a_broken_link_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "gone.log").symlink_to(tmp_path / "nothing")
    assert found_names(tmp_path) == ["gone.log"]


def test_patterns_are_expanded_and_files_come_once(tmp_path: Path) -> None:
    for name in ("b.log", "a.log", "c.txt"):
        (tmp_path / name).write_bytes(b"x")
    pattern = str(tmp_path / "*.log")
    assert found_names(tmp_path, pattern, str(tmp_path / "b.log")) == ["a.log", "b.log"]
    assert find([str(tmp_path / "*.gz")]) == ([], [str(tmp_path / "*.gz")])


STRANGE = [
    "a b.log", "it's.log", 'say "x".log', "new\nline.log", "100%.log", "-rf.log",
    ";DROP TABLE x;.log", "[1].log", "*.log", "ü€.log", os.fsdecode(b"\xff\xfe.log"), "${x}.log",
]  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
def test_strange_names_are_found_by_name_and_by_walking(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    assert found_names(tmp_path) == [name]
    assert found_names(tmp_path, str(tmp_path / name)) == [name]


@pytest.mark.parametrize("names", [STRANGE[:-2], STRANGE[-2:]], ids=["UTF-8", "not UTF-8"])
def test_files_with_strange_names_are_loaded(
    store: Any, write: Callable[..., Path], lines: Any, tmp_path: Path, names: list[str]
) -> None:
    for number, name in enumerate(names):
        write(name, lines.app(f"10:00:{number:02}", "service.heartbeat"))
    summary = store.ingest(tmp_path / "logs")
    assert (summary.exit_code, summary.events) == (0, len(names))
    assert store.column("select count(distinct path) from sources") == [len(names)]
    assert store.unbalanced() == []
