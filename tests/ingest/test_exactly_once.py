"""Each line once, whatever the name, compression, order and number of runs.

After every step: the balance holds, the run's summary is what the database says, and offering the
same files again adds nothing and changes no byte of any view.
"""

from __future__ import annotations

import gzip
import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

pytestmark = pytest.mark.usefixtures("no_sync")

COUNTS = ("lines", "events", "rejected", "blank", "duplicates")
NAMELESS = ("source_id", "path")  # for comparing databases whose files had other names
LONG_AGO = 11 * 60  # seconds; ten minutes is the limit for an unfinished line


class Log:
    """Twelve lines of an application log: four answered requests, a bad line, one without trace."""

    def __init__(self, lines: Any) -> None:
        self.lines = [
            line
            for n in range(4)
            for line in (
                lines.received(f"10:0{n}:00", f"trace{n}"),
                lines.sent(
                    f"10:0{n}:01", f"trace{n}", 503 if n % 2 else 200, code=[None, 3001][n % 2]
                ),
            )
        ]
        self.lines[3:3] = [b"panic: not JSON\n"]
        self.lines[6:6] = [b"\n", lines.app("10:01:30", "service.heartbeat")]
        self.lines.append(lines.app("10:03:02", "delivery.ok", "trace3"))
        self.whole = b"".join(self.lines)

    def part(self, first: int, last: int | None = None) -> bytes:
        return b"".join(self.lines[first:last])


@pytest.fixture(scope="session")
def log(lines: Any) -> Log:
    return Log(lines)


@pytest.fixture
def settled() -> Iterator[Callable[..., None]]:
    """Load, and hold what was said to what is stored.

    When the test is over the files of the last step are offered again, and nothing may change.
    """
    last: dict[str, Any] = {}

    def load(store: Any, *paths: Path, exit_code: int = 0, **how: Any) -> None:
        summary = store.ingest(*paths, **how)
        assert [str(failure) for failure in summary.failures] == []
        assert summary.exit_code == exit_code
        assert store.unbalanced() == []
        assert summary.lines == sum(getattr(summary, count) for count in COUNTS[1:])
        if summary.published:
            run = store.rows("select * from ingest_runs order by run_no desc limit 1")[0]
            assert {c: run[c] for c in COUNTS} == {c: getattr(summary, c) for c in COUNTS}
            assert summary.published == store.generation
        again = {"paths": paths or how["reload"], "final": how.get("final", True)}
        last.update(store=store, exit_code=exit_code, **again)

    yield load
    if not last:
        return  # the test failed before
    store = last["store"]
    generation, before = store.generation, store.fingerprint()
    again = store.ingest(*last["paths"], final=last["final"])
    assert (again.lines, again.published, again.exit_code) == (0, None, last["exit_code"])
    assert (store.generation, store.fingerprint()) == (generation, before)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, log: Log, short_day: Any) -> Any:
    """The whole log, loaded at once."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "app.log").write_bytes(log.whole)
    store = type(short_day.store)(folder / "data")
    store.ingest(folder / "app.log")
    return store


@pytest.fixture(scope="module")
def plain_export(plain: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return plain.export(tmp_path_factory.mktemp("one"), without=NAMELESS)


@pytest.fixture
def same_as_plain(plain_export: Any, differ: Any, tmp_path: Path) -> Callable[[Any], None]:
    """The database equals that of the whole log loaded at once; names of files aside."""

    def check(store: Any) -> None:
        assert differ(plain_export, store.export(tmp_path / "other", without=NAMELESS)) == {}

    return check


def statuses(store: Any) -> list[tuple[str, str]]:
    rows = store.sql("select path, status from sources order by source_id")
    return [(Path(path).name, status) for path, status in rows]


def test_the_numbers_of_the_log(plain: Any) -> None:
    """What the other tests rest on."""
    (row,) = plain.rows("select * from sources")
    assert [row[count] for count in COUNTS] == [12, 10, 1, 1, 0]
    assert plain.column("select count(*) from responses") == [4]


def test_the_same_file_twice(
    store: Any, log: Log, write: Any, settled: Any, same_as_plain: Any
) -> None:
    settled(store, write("app.log", log.whole))
    assert statuses(store) == [("app.log", "loaded")]
    same_as_plain(store)


def test_the_same_file_under_two_names_at_once(
    store: Any, log: Log, write: Any, settled: Any, same_as_plain: Any
) -> None:
    settled(store, write("app.log", log.whole), write("app.log.1", log.whole))
    assert statuses(store) == [("app.log", "loaded"), ("app.log.1", "already loaded")]
    same_as_plain(store)


def copies(data: bytes) -> dict[str, bytes]:
    third = len(data) // 3
    return {
        "plain": data,
        "gz": gzip.compress(data),
        "gz of another level and time": gzip.compress(data, 1, mtime=5),
        "gz of two members": gzip.compress(data[:third]) + gzip.compress(data[third:]),
        "zst": zstandard.compress(data),
        "zst of two frames": zstandard.compress(data[:third]) + zstandard.compress(data[third:]),
    }


def test_copies_under_other_names_and_compressions(
    store: Any, log: Log, write: Any, settled: Any, same_as_plain: Any
) -> None:
    settled(store, write("app.log", log.whole))
    paths = [write(f"copy.{n}", data) for n, data in enumerate(copies(log.whole).values())]
    settled(store, *paths)
    rows = store.sql("select status, reason from sources where path like '%copy%'")
    assert {status for status, _ in rows} == {"already loaded"}
    assert all(reason.endswith("app.log") for _, reason in rows)
    assert len(rows) == len(paths)
    same_as_plain(store)


def test_a_compressed_copy_first(
    store: Any, log: Log, write: Any, settled: Any, same_as_plain: Any
) -> None:
    settled(store, write("app", copies(log.whole)["zst of two frames"]))
    settled(store, write("app.log", log.whole))
    assert statuses(store) == [("app", "loaded"), ("app.log", "already loaded")]
    same_as_plain(store)


def day_files(day: Any) -> list[Path]:
    return sorted(
        path for path in day.logs.rglob("*") if path.is_file() and "truth" not in path.name
    )


@pytest.mark.parametrize("runs", [1, 3])
def test_order_and_runs_change_nothing(
    new_store: Any, short_day: Any, differ: Any, tmp_path: Path, runs: int
) -> None:
    """Shuffled by a fixed seed; the damaged day has lines that repeat those of other files."""
    files = day_files(short_day)
    random.Random(runs).shuffle(files)
    store = new_store()
    for number in range(runs):
        assert store.ingest(*files[number::runs]).exit_code == 0
    assert store.unbalanced() == []
    assert store.ingest(short_day.logs).lines == 0
    one = short_day.store.export(tmp_path / "one")
    assert differ(one, store.export(tmp_path / "other")) == {}
    query = "select sum(lines), sum(rejected), sum(blank), sum(duplicates) from sources"
    assert store.sql(query) == short_day.store.sql(query)


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("app.log", bytes),
        ("app.log.2.gz", gzip.compress),
    ],
    ids=["in place", "renamed and gzipped"],
)
def test_a_file_that_grew_adds_its_new_lines(
    store: Any, log: Log, write: Any, settled: Any, same_as_plain: Any, name: str, pack: Any
) -> None:
    path = write("app.log", log.part(0, 5))
    settled(store, path)
    path.unlink()
    settled(store, write(name, pack(log.whole)))
    assert statuses(store) == [("app.log", "loaded"), (name, "grown")]
    (row,) = store.rows("select * from sources where status = 'grown'")
    assert [row[count] for count in COUNTS] == [12, 6, 0, 1, 5]
    assert row["grown_from"] == "s1"
    places = store.sql("select line_number, byte_offset from rejected_lines")
    assert places == [(4, len(log.part(0, 3)))]
    same_as_plain(store)


def test_a_file_that_grew_again_and_again(
    store: Any, log: Log, write: Any, settled: Any, same_as_plain: Any
) -> None:
    for lines in (1, 7, 12):
        settled(store, write("app.log", log.part(0, lines)))
    assert store.column("select events from sources order by source_id") == [1, 4, 5]
    same_as_plain(store)


def test_the_longer_copy_first(
    store: Any, log: Log, write: Any, settled: Any, same_as_plain: Any
) -> None:
    """A shorter copy of loaded content holds nothing new."""
    settled(store, write("app.log", log.whole))
    settled(store, write("old.log", log.part(0, 3)))
    (row,) = store.rows("select * from sources where path like '%old.log'")
    assert (row["lines"], row["events"], row["duplicates"]) == (3, 0, 3)
    same_as_plain(store)


def test_copytruncate(store: Any, log: Log, write: Any, settled: Any, same_as_plain: Any) -> None:
    """The same name with shorter, new content: what was there stays, what is new is added."""
    settled(store, write("app.log", log.part(0, 9)))
    settled(store, write("app.log", log.part(9)))
    assert statuses(store) == [("app.log", "loaded"), ("app.log", "loaded")]
    assert store.column("select count(*) from responses") == [4]
    assert store.column("select count(*) from events") == [10]


def test_rewritten_with_the_same_size(
    store: Any, log: Log, write: Any, settled: Any, same_as_plain: Any
) -> None:
    """Name, size and even the time of change say nothing; the content does."""
    path = write("app.log", log.part(0, 3))
    facts = path.stat()
    settled(store, path)
    other = log.part(0, 3).replace(b'"trace0"', b'"other0"')
    assert len(other) == facts.st_size
    path.write_bytes(other)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    settled(store, path)
    assert store.column("select lines from sources order by source_id") == [3, 3]
    assert set(store.column("select trace_id from responses")) == {"trace0", "other0"}


def test_alike_at_first_and_then_different(
    store: Any, log: Log, write: Any, settled: Any, lines: Any
) -> None:
    """In one run: the same first 5 000 bytes, then each its own line."""
    filler = b"".join(lines.app("09:00:00", "service.heartbeat", host=f"h{n}") for n in range(30))
    assert len(filler) > 5000
    one, two = lines.sent("10:00:00", "one"), lines.sent("10:00:00", "two")
    settled(store, write("a.log", filler + one), write("b.log", filler + two))
    assert sorted(store.column("select trace_id from responses")) == ["one", "two"]
    # Lines without a trace are no duplicates outside a file that grew.
    assert store.column("select count(*) from events") == [62]


def test_overlapping_files(store: Any, log: Log, write: Any, settled: Any) -> None:
    """Lines with a trace count once; the bad line and the one without a trace in each file."""
    settled(store, write("a.log", log.part(0, 9)), write("b.log", log.part(2)))
    assert store.column("select count(*) from responses") == [4]
    assert store.column("select count(*) from rejected_lines") == [2]
    assert store.column("select count(*) from events where trace_id is null") == [2]
    assert store.column("select sum(duplicates)::bigint from sources") == [4]


@pytest.mark.parametrize("age", [0, LONG_AGO], ids=["young", "old"])
def test_an_unfinished_last_line(
    store: Any, log: Log, write: Any, settled: Any, same_as_plain: Any, age: int
) -> None:
    """Whole, but without its newline yet: left unread while the file is young."""
    path = write("app.log", log.part(0, 5).rstrip(b"\n"))
    os.utime(path, (time.time() - age, time.time() - age))
    settled(store, path, final=False)
    (row,) = store.rows("select * from sources")
    young = age == 0
    assert row["status"] == ("growing" if young else "loaded")
    assert (row["lines"], row["events"]) == ((4, 3) if young else (5, 4))
    settled(store, write("app.log", log.whole), final=False)
    assert store.column("select sum(rejected)::bigint from sources") == [1]
    same_as_plain(store)


def test_a_growing_file_offered_again_unchanged(
    store: Any, log: Log, write: Any, settled: Any
) -> None:
    """Every night's last file: the unfinished line is still unfinished."""
    path = write("app.log", log.part(0, 5).rstrip(b"\n"))
    settled(store, path, final=False)
    assert statuses(store) == [("app.log", "growing")]


def test_a_young_file_with_nothing_but_an_unfinished_line(
    store: Any, log: Log, write: Any, settled: Any, same_as_plain: Any
) -> None:
    settled(store, write("app.log", log.lines[0][:50]), final=False)
    assert store.column("select count(*) from events") == [0]
    settled(store, write("app.log", log.whole), final=False)
    same_as_plain(store)


def test_final_reads_an_unfinished_line(store: Any, log: Log, write: Any, settled: Any) -> None:
    path = write("app.log", log.whole.rstrip(b"\n"))
    settled(store, path, final=False)
    assert store.column("select lines from sources") == [11]
    settled(store, path, final=True)
    assert store.column("select count(*) from events") == [10]
    assert store.column("select sum(events)::bigint from sources") == [10]


def test_a_compressed_file_is_finished(store: Any, log: Log, write: Any, settled: Any) -> None:
    settled(store, write("app.gz", gzip.compress(log.whole.rstrip(b"\n"))), final=False)
    assert store.sql("select status, lines from sources") == [("loaded", 12)]


@pytest.mark.parametrize(("name", "cut"), [("app.log", 5), ("app.log.1", 60)])
def test_a_cut_line_is_completed_later(
    store: Any, log: Log, write: Any, settled: Any, same_as_plain: Any, name: str, cut: int
) -> None:
    """It was rejected as it stood; the longer copy brings it whole, and the rejection goes."""
    path = write("app.log", log.part(0, 5) + log.lines[5][:cut])
    settled(store, path)
    reasons = store.column("select reason from rejected_lines order by line_number")
    assert reasons == ["json", "json"]
    path.unlink()
    settled(store, write(name, log.whole))
    assert store.column("select line_number from rejected_lines") == [4]
    assert store.column("select sum(rejected)::bigint from sources") == [1]
    same_as_plain(store)


def test_a_whole_line_that_goes_on(store: Any, lines: Any, write: Any, settled: Any) -> None:
    """An event without newline turns out to be the first half of two glued ones."""
    line = lines.sent("10:00:00", "first", 503, code=3001).rstrip(b"\n")
    settled(store, write("app.log", lines.sent("09:00:00", "zero") + line))
    assert store.column("select count(*) from responses") == [2]
    settled(store, write("app.log", lines.sent("09:00:00", "zero") + line + line + b"\n"))
    assert store.column("select trace_id from responses") == ["zero"]
    assert store.sql("select line_number, reason from rejected_lines") == [(2, "glued")]


def test_an_unfinished_otlp_line(store: Any, lines: Any, write: Any, settled: Any) -> None:
    """It counts by records."""
    first = lines.otlp(lines.record("10:00:00", "one"), lines.record("10:00:00", "two"))
    second = lines.otlp(lines.record("10:00:01", "three"), lines.record("10:00:01", "four"))
    settled(store, write("logs.jsonl", first + second.rstrip(b"\n")))
    assert store.sql("select lines, events from sources") == [(4, 4)]
    third = lines.otlp(lines.record("10:00:02", "five"))
    settled(store, write("logs.jsonl", first + second + third))
    found = sorted(store.column("select trace_id from responses"))
    assert found == sorted(["one", "two", "three", "four", "five"])
    assert store.column("select lines from sources order by source_id")[-1] == 5


@pytest.mark.parametrize("kind", ["BOM", "CRLF", "BOM and CRLF"])
def test_bom_and_crlf(
    store: Any, log: Log, write: Any, settled: Any, same_as_plain: Any, kind: str
) -> None:
    data = log.whole.replace(b"\n", b"\r\n") if "CRLF" in kind else log.whole
    settled(store, write("app.log", (b"\xef\xbb\xbf" if "BOM" in kind else b"") + data))
    (row,) = store.rows("select * from sources")
    assert [row[count] for count in COUNTS] == [12, 10, 1, 1, 0]
    offset = store.column("select byte_offset from rejected_lines")
    assert offset == [len(log.part(0, 3)) + ("BOM" in kind) * 3 + ("CRLF" in kind) * 3]


def test_a_crlf_copy_is_other_content_with_the_same_lines(
    store: Any, log: Log, write: Any, settled: Any
) -> None:
    settled(store, write("unix.log", log.whole))
    settled(store, write("windows.log", log.whole.replace(b"\n", b"\r\n")))
    (row,) = store.rows("select * from sources where path like '%windows.log'")
    assert [row[count] for count in COUNTS] == [12, 1, 1, 1, 9]
    assert store.column("select count(*) from responses") == [4]


def test_reload_forgets_what_the_old_content_brought(
    store: Any, log: Log, lines: Any, write: Any, settled: Any
) -> None:
    """Responses that another log saw too stay, as that log saw them."""
    edge = write("access.log", lines.edge("10:01:01", "trace1", 503))
    path = write("app.log", log.whole)
    settled(store, edge, path)
    path.write_bytes(log.part(0, 3) + lines.sent("11:00:00", "new"))
    settled(store, reload=(path,))
    rows = store.sql("select trace_id, is_error, seen_in from responses order by 1")
    assert rows == [
        ("new", False, ["app"]),
        ("trace0", False, ["app"]),
        ("trace1", None, ["edge"]),
    ]
    assert store.column("select count(*) from rejected_lines") == [0]
    assert statuses(store) == [("access.log", "loaded"), ("app.log", "loaded")]


def test_reload_of_unchanged_content_changes_nothing(
    store: Any, log: Log, write: Any, settled: Any, same_as_plain: Any
) -> None:
    path = write("app.log", log.whole)
    settled(store, path)
    assert store.ingest(reload=(path,)).events == 10
    assert store.unbalanced() == []
    same_as_plain(store)


def test_reload_of_a_file_whose_lines_another_repeats(
    store: Any, log: Log, write: Any, settled: Any, same_as_plain: Any
) -> None:
    """The copy's lines were duplicates of the reloaded file; nothing may be lost with it."""
    one, two = write("a.log", log.whole), write("b.log", log.part(7))
    settled(store, one, two)
    one.write_bytes(log.part(0, 3))
    settled(store, reload=(one,))
    assert store.column("select count(*) from responses") == [3]


def test_reload_of_a_file_that_grew(
    store: Any, log: Log, write: Any, settled: Any, same_as_plain: Any
) -> None:
    path = write("app.log", log.part(0, 5))
    settled(store, path)
    settled(store, write("app.log", log.whole))
    store.ingest(reload=(path,))
    assert store.unbalanced() == []
    same_as_plain(store)


def test_a_broken_copy_is_refused_whole_and_the_good_one_loads(
    store: Any, log: Log, write: Any, settled: Any, same_as_plain: Any
) -> None:
    good = gzip.compress(log.whole)
    settled(store, write("app.gz", good[:-9]), exit_code=1)
    assert store.sql("select status, lines from sources") == [("refused", 0)]
    assert store.column("select count(*) from events") == [0]
    settled(store, write("app.gz", good))
    same_as_plain(store)


def test_a_wrong_checksum_refuses_all_its_lines(
    store: Any, log: Log, write: Any, settled: Any
) -> None:
    data = bytearray(gzip.compress(log.whole))
    data[-6] ^= 1
    settled(store, write("app.gz", bytes(data)), write("ok.log", log.part(0, 3)), exit_code=1)
    assert store.column("select count(*) from events") == [3]


@pytest.mark.parametrize("data", [b"", b"\n \n\r\n"], ids=["0 bytes", "blank"])
def test_files_without_events(store: Any, log: Log, write: Any, settled: Any, data: bytes) -> None:
    settled(store, write("empty.log", data))
    assert store.column("select sum(blank)::bigint from sources") == [data.count(b"\n")]


def test_a_foreign_file_is_refused_with_its_reasons(
    store: Any, log: Log, write: Any, settled: Any
) -> None:
    """More bad lines than good ones: not a log of ours, rather than twenty rejected lines."""
    settled(store, write("x.log", log.lines[0] + b"what?\n" * 20), exit_code=1)
    ((status, reason),) = store.sql("select status, reason from sources")
    assert status == "refused"
    assert "20 of 21 lines" in reason and "json 20" in reason
    assert store.column("select count(*) from rejected_lines") == [0]


def test_a_copy_with_lower_line_numbers_takes_the_place_and_nothing_else(
    store: Any, write: Any, lines: Any
) -> None:
    """An event that moved was merged from its old place and its new one: two responses of one."""
    answer = [lines.received("10:00:00", "aa00000000b1"), lines.sent("10:00:01", "aa00000000b1")]
    store.ingest(write("a.log", lines.app("09:00:00", "service.heartbeat"), *answer))
    store.ingest(write("b.log", *answer))
    assert store.sql("select count(*), count(distinct trace_id) from responses") == [(1, 1)]
    assert store.column("select kind from contract_violations") == []
    assert store.sql("select line_number from events where trace_id is not null order by all") == [
        (1,),
        (2,),
    ]
    assert store.unbalanced() == []
