"""A wrapped file that grew between two loads makes the same as one load, wherever it was cut."""

from __future__ import annotations

import itertools
import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chertlog.ingest import parts
from chertlog.ingest.blocks import Progress, Start, line_batches
from chertlog.ingest.run import ingest
from chertlog.ingest.settings import Settings
from chertlog.ingest.wrapper import Peeler, schema_within, wrappers

LAYERS = {layer.name: layer for layer in wrappers()}


@dataclass
class Unnamed:
    path: Path = Path("app.log")
    modified_at: float = 1795305600.0


def docker(stream: str, text: str, last: bool) -> str:
    log = text + "\n" if last else text
    return json.dumps({"log": log, "stream": stream, "time": "2026-11-21T10:00:00Z"})


def cri(stream: str, text: str, last: bool) -> str:
    return f"2026-11-21T10:00:00.1Z {stream} {'F' if last else 'P'} {text}"


def both(stream: str, text: str, last: bool) -> str:
    """CRI in Docker, each with parts of its own."""
    return docker("stdout" if len(text) % 2 else "stderr", cri(stream, text, last), "x" in text)


def document(stream: str, text: str, last: bool) -> str:
    return f'  "{stream}": "{text}",' if not last else f'{{\n  "last": "{text}"\n}}'


def flat(stream: str, text: str, last: bool) -> str:
    """A document without indentation: nothing but its braces says where it ends."""
    return f'{{\n"{text}}}{{": {{' if not last else f'"{stream}": "{{"\n}}'


WRAPS = {
    "docker": docker,
    "cri": cri,
    "docker > cri": both,
    "document": document,
    "document without indentation": flat,
}
# Stream, text, whether it is the last part; what fits no wrapper is a stranger or a blank line.
LINE = st.tuples(st.sampled_from(["stdout", "stderr"]), st.text("xyz", max_size=3), st.booleans())
LINES = st.lists(LINE | st.sampled_from(["", "panic!", "]"]), min_size=1, max_size=9)


def peeled(
    data: bytes, layers: tuple[str, ...], start: Start, *, read_tail: bool
) -> tuple[list[tuple[Any, ...]], Start]:
    """The messages, and where a longer copy goes on."""
    progress = Progress()
    lines = line_batches(BytesIO(data), 1, progress, start=start, read_tail=read_tail)
    peeler = Peeler([LAYERS[name] for name in layers], Unnamed(), data)
    batches = list(peeler.peel(lines, progress, read_tail=read_tail))
    table = pa.Table.from_batches(batches, schema_within([LAYERS[name] for name in layers]))
    names = ("line_number", "byte_offset", "line", "flaw", "unfinished")
    rows = list(zip(*(table[name].to_pylist() for name in names), strict=True))
    assert peeler.records == len(rows)
    end = Start(progress.content_bytes, progress.lines)
    if progress.tail_offset is not None:
        end = Start(progress.tail_offset, progress.lines - 1)
    if peeler.tail:
        end = Start(*peeler.tail)
    return rows, end


@example(  # the inner layer holds a message that is given up, before what the outer one holds
    lines=[("stderr", "x", False), "", "", ("stdout", "", False), ("stderr", "x", False), "]"],
    newline=False,
    shares=[0.0, 0.0, 1.0],
)
@settings(max_examples=3, suppress_health_check=list(HealthCheck))  # a statement takes 10 ms
@given(lines=LINES, newline=st.booleans(), shares=st.lists(st.floats(0, 1), min_size=3, max_size=3))
@pytest.mark.parametrize("wrap", WRAPS)
def test_messages_are_the_same_wherever_a_file_is_cut(
    monkeypatch: pytest.MonkeyPatch,
    wrap: str,
    lines: list[Any],
    newline: bool,
    shares: list[float],
) -> None:
    monkeypatch.setattr(parts, "MAX_GAP", 3)
    layers = tuple(wrap.partition(" without")[0].split(" > "))
    texts = [one if isinstance(one, str) else WRAPS[wrap](*one) for one in lines]
    data = ("\n".join(texts) + "\n" * newline).encode()
    whole, _ = peeled(data, layers, Start(), read_tail=True)
    assert [row[0] for row in whole] == sorted({row[0] for row in whole})
    places = sorted(int(len(data) * share) for share in shares)
    for read_tail in (True, False):
        kept: list[tuple[Any, ...]] = []
        end = Start()
        for place in places:
            found, after = peeled(data[:place], layers, end, read_tail=read_tail)
            whole_ones = [row for row in found if row[0] <= after.lines]
            assert read_tail or whole_ones == found  # what is left for later is not given out
            kept, end = kept + whole_ones, after
        rest, _ = peeled(data, layers, end, read_tail=True)
        assert kept + rest == whole, (places, read_tail)


def test_a_stream_that_fell_silent_does_not_hold_up_the_others() -> None:
    lines = [cri("stderr", "dying", False), *[cri("stdout", "x", True)] * (parts.MAX_GAP + 1)]
    data = "".join(line + "\n" for line in lines).encode()
    rows, end = peeled(data, ("cri",), Start(), read_tail=False)
    assert (len(rows), end.lines) == (len(lines), len(lines))
    assert [row[4] for row in rows[:2]] == [True, None]
    fewer = data[: data.rindex(b"2026")]
    assert peeled(fewer, ("cri",), Start(), read_tail=False) == ([], Start())


# ---- through whole runs


def answered(number: int, size: int) -> str:
    event = {
        "ts": f"2026-11-21T10:{number // 60:02}:{number % 60:02}.000000Z",
        "event": "response.sent",
        "trace_id": f"5f{number:010x}",
        "http.path": "/api/v1/" + "x" * size,
        "http.status": 200,
    }
    return json.dumps(event)


def file_of(number: int, chance: random.Random) -> bytes:
    """Messages cut into parts, those of two streams mixed, and some lines that are none."""
    if number % 3 == 2:
        values = [json.loads(answered(number * 20 + n, n)) for n in range(4)]
        return json.dumps(values, indent=number % 2 * 2).encode() + b"\n"
    waiting: dict[str, list[tuple[str, str, bool]]] = {"stdout": [], "stderr": []}
    for n in range(12):
        text = answered(number * 20 + n, chance.randrange(60)) if n % 5 else "no JSON"
        cuts = sorted(chance.sample(range(1, len(text)), chance.randrange(3)))
        pieces = [text[a:b] for a, b in itertools.pairwise([0, *cuts, len(text)])]
        stream = chance.choice(list(waiting))
        waiting[stream] += [(stream, p, i == len(pieces) - 1) for i, p in enumerate(pieces)]
    lines = []
    while any(waiting.values()):
        queue = waiting[chance.choice([name for name in waiting if waiting[name]])]
        lines.append(docker(*queue.pop(0)))
    lines[3:3] = ["panic: no wrapper", ""]
    return "".join(line + "\n" for line in lines).encode()


def exported(folder: Path) -> Iterator[tuple[str, bytes]]:
    with duckdb.connect(str((folder / "chertlog.duckdb").resolve()), read_only=True) as con:
        for view in ("responses", "events", "operations", "rejected_lines", "errors_by_surface"):
            columns = [row[0] for row in con.execute(f"describe {view}").fetchall()]
            kept = ", ".join(f'"{c}"' for c in columns if c not in ("source_id", "path"))
            target = folder / "view.csv"
            con.execute(f"copy (select {kept} from {view} order by all) to '{target}'")
            yield view, target.read_bytes()


def counted(folder: Path) -> list[tuple[Any, ...]]:
    """What the books say of each file: its lines, and what became of them over all loads."""
    with duckdb.connect(str((folder / "chertlog.duckdb").resolve()), read_only=True) as con:
        return con.execute(
            "select path, max(lines), sum(events), sum(rejected) from sources "
            "group by path order by path"
        ).fetchall()


@pytest.mark.slow
def test_two_loads_make_what_one_does(tmp_path: Path) -> None:
    """Half of the files look finished at first, and are not."""
    chance = random.Random(7)
    whole = [file_of(number, chance) for number in range(16)]
    names = [tmp_path / f"{number}.log" for number in range(len(whole))]

    def load(store: str, paths: list[Path], *, final: bool = True) -> None:
        summary = ingest(list(map(str, paths)), Settings(tmp_path / store), final=final)
        assert (summary.failures, summary.count("refused")) == ((), 0)

    for name, data in zip(names, whole, strict=True):
        name.write_bytes(data[: chance.randrange(200, len(data))])  # a line is whole
        if chance.random() < 0.5:
            os.utime(name, (0, 0))
    load("two", names, final=False)
    for name, data in zip(names, whole, strict=True):
        name.write_bytes(data)
    load("two", names)
    load("one", names)
    assert dict(exported(tmp_path / "two")) == dict(exported(tmp_path / "one"))
    with duckdb.connect(str((tmp_path / "two/chertlog.duckdb").resolve())) as con:
        wrong = con.execute(
            "select path, lines, events, rejected, blank, duplicates from sources "
            "where lines <> events + rejected + blank + duplicates"
        ).fetchall()
    assert wrong == []
    assert counted(tmp_path / "two") == counted(tmp_path / "one")
