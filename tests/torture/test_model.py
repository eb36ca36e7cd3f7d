"""Random histories of log files against a simple model of which lines are loaded.

The model knows nothing of batches, hashes of lines, or SQL: it keeps what was loaded as bytes and
says how many lines of each sort must be in the database. Hypothesis looks for a sequence of
writes, rotations, copies and broken runs after which the two differ, and makes it short.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from logs import Logs
from stand import COUNTS, Stand, copy_of

from chertlog.ingest import merge, publish, sql
from chertlog.ingest import run as run_module
from chertlog.ingest.settings import Settings

LOGS = Logs("model")
YOUNG_S, OLD_S = 1, 3600  # ages of a file that is, or is not, still being written


@dataclass
class Content:
    """Bytes that were loaded, the lines they had then, and which of them it was credited with."""

    data: bytes
    lines: int
    open_end: bytes | None  # a last line that was read without its newline
    known_as: bytes | None = None  # all of it, after its last line went to a longer copy


class Model:
    """What must be in the database."""

    def __init__(self) -> None:
        self.contents: list[Content] = []
        self.traced: set[bytes] = set()  # lines with a trace: once, whatever file they came in
        self.others: Counter[bytes] = Counter()  # events without a trace: as often as they came
        self.rejected = 0
        self.blank = 0
        self.lines = 0
        self.lines_are_sure = True
        self.refused = 0

    def load(self, data: bytes, is_finished: bool) -> None:
        """One file, as it is offered."""
        if not data:
            return
        known = [c for c in self.contents if data.startswith(c.data)]
        before = max(known, key=lambda content: len(content.data), default=None)
        if before is not None and before.data == data:
            return
        if any(content.known_as == data for content in self.contents):
            return  # what it held is in the copy that has its last line whole
        if not _is_log(data, is_finished):
            self.refused += 1
            return
        whole = data if is_finished else data[: data.rfind(b"\n") + 1]
        start = before.data if before is not None else b""
        if before is not None and before.open_end is not None:
            known_as = before.data
            self._take_back(before)
            start = before.data
            if len(whole) > len(start):
                before.known_as = known_as
        elif len(whole) <= len(start):
            return  # only an unfinished line is new
        new = _split(whole[len(start) :])
        skipped = before.lines if before is not None else 0
        for line in new:
            self._add(line)
        self.lines += len(new) + skipped
        if whole:
            open_end = None if whole.endswith(b"\n") else new[-1]
            self.contents.append(Content(whole, len(new) + skipped, open_end))

    def _add(self, line: bytes) -> None:
        kind = _kind(line)
        if kind == "traced":
            self.traced.add(line)
        elif kind == "other":
            self.others[line] += 1
        elif kind == "rejected":
            self.rejected += 1
        else:
            self.blank += 1

    def _take_back(self, content: Content) -> None:
        """An unfinished last line belongs to the longer copy, which has it whole."""
        line = content.open_end
        assert line is not None
        content.open_end = None
        content.data = content.data.removesuffix(line)
        kind = _kind(line)
        if kind == "rejected":
            self.rejected -= 1
        elif kind == "other":
            self.others[line] -= 1
        elif kind == "traced":
            self.traced.discard(line)
        self.lines_are_sure = False  # whether it was credited to this file, or was a duplicate

    @property
    def events(self) -> Counter[str]:
        return Counter({_name(line): 1 for line in self.traced}) + Counter(
            {_name(line): count for line, count in self.others.items()}
        )


def _split(data: bytes) -> list[bytes]:
    lines = data.split(b"\n")
    return lines[:-1] if data.endswith(b"\n") else lines


def _kind(line: bytes) -> str:
    if not line.strip():
        return "blank"
    if not (line.startswith(b'{"ts"') and line.endswith(b"}")):
        return "rejected"
    return "traced" if b'"trace_id"' in line else "other"


def _name(line: bytes) -> str:
    """What a line is known by: its host, which no other line has."""
    return line.split(b'"host":"')[1].split(b'"')[0].decode()


def _is_log(data: bytes, is_finished: bool) -> bool:
    if not data.strip() or (not is_finished and b"\n" not in data):
        return True
    whole = data.rsplit(b"\n", 1)[0] if b"\n" in data else data
    return any(b'"ts"' in line and b'"event"' in line for line in _split(whole))


class Killed(BaseException):
    """Stands for the end of a process in the middle of a run."""


class Histories(RuleBasedStateMachine):
    """Files come, grow, move and vanish; sometimes a run looks at them, or dies while it does."""

    earlier: Stand
    runs = 0

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="chertlog-model-"))
        self.stand = copy_of(self.earlier, self.home)
        self.logs = self.home / "logs"
        self.logs.mkdir()
        self.model = Model()
        self.base = dict(zip(COUNTS, self._sums(), strict=True))
        self.number = 0
        self.clock = time.time()
        self.names: list[str] = []

    def teardown(self) -> None:
        self._run()
        self._agree()
        self.stand.close()
        shutil.rmtree(self.home)

    # ---- what happens to files

    def _lines(self, kinds: str) -> bytes:
        return b"".join(self._line(kind) for kind in kinds)

    def _line(self, kind: str) -> bytes:
        self.number += 1
        host = f"host-{self.number:06}"
        at = f"10:00:{self.number % 60:02}"
        if kind == "t":
            return LOGS.app(at, "response.sent", self.number, host=host, http__status=200)
        if kind == "o":
            return LOGS.app(at, "service.heartbeat", host=host)
        return b"\n" if kind == "b" else b"panic: %d\n" % self.number

    def _write(self, name: str, data: bytes, age_s: float = OLD_S) -> None:
        path = self.logs / name
        path.write_bytes(data)
        self.clock += 0.01  # files are read oldest first: no two are of one age
        os.utime(path, (self.clock - age_s, self.clock - age_s))
        if name not in self.names:
            self.names.append(name)

    def _pick(self, number: int) -> str | None:
        return self.names[number % len(self.names)] if self.names else None

    @rule(kinds=st.text("ttorb", min_size=1, max_size=5), age=st.sampled_from([YOUNG_S, OLD_S]))
    def write(self, kinds: str, age: float) -> None:
        self._write(f"app.{len(self.names)}.log", self._lines("t" + kinds), age)

    @rule(
        number=st.integers(0, 9),
        kinds=st.text("torb", min_size=1, max_size=4),
        missing=st.integers(0, 40),
        age=st.sampled_from([YOUNG_S, OLD_S]),
    )
    def append(self, number: int, kinds: str, missing: int, age: float) -> None:
        """More lines, the last of them perhaps unfinished. Only plain files are written to."""
        name = self._pick(number)
        if name is None:
            return
        data = self._read(name)
        if data and not data.endswith(b"\n"):
            # The rest of the unfinished line: what makes it whole, or a bad one.
            data += b"\n" if data.endswith(b"}") else b"~\n"
        new = self._lines(kinds)
        self._write(name, data + new[: max(1, len(new) - missing)], age)

    @rule(number=st.integers(0, 9))
    def rotate(self, number: int) -> None:
        """The file gets another name, and an empty one takes its place."""
        name = self._pick(number)
        if name is not None:
            moved = f"{name}.{len(self.names)}"
            (self.logs / name).rename(self.logs / moved)
            self.names.append(moved)
            self._write(name, b"")

    @rule(number=st.integers(0, 9), level=st.integers(1, 9))
    def compress(self, number: int, level: int) -> None:
        name = self._pick(number)
        if name is not None and not self._is_packed(name):
            self._write(name, gzip.compress(self._read(name), level))

    @rule(number=st.integers(0, 9), share=st.floats(0, 1))
    def truncate(self, number: int, share: float) -> None:
        name = self._pick(number)
        if name is not None and not self._is_packed(name):
            data = self._read(name)
            self._write(name, data[: int(len(data) * share)])

    @rule(number=st.integers(0, 9))
    def duplicate(self, number: int) -> None:
        name = self._pick(number)
        if name is not None:
            self._write(f"copy.{len(self.names)}", (self.logs / name).read_bytes())

    @rule(number=st.integers(0, 9))
    def delete(self, number: int) -> None:
        name = self._pick(number)
        if name is not None:
            (self.logs / name).unlink()
            self.names.remove(name)

    # ---- what happens to the database

    @rule()
    def load(self) -> None:
        self._run()
        self._agree()

    @rule(gate=st.integers(1, 120))
    def die_and_load(self, gate: int) -> None:
        """The run ends in the middle; the next one makes it as if nothing had happened."""
        left = gate

        def tick(*_: Any) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed

        with pytest.MonkeyPatch.context() as patch:
            for module, name in ((sql, "run"), (merge, "_run"), (publish, "_switch")):
                patch.setattr(module, name, _before(tick, getattr(module, name)))
            with contextlib.suppress(Killed):
                self._ingest()
        self._run()
        self._agree()

    def _ingest(self) -> Any:
        return run_module.ingest([str(self.logs)], Settings(self.stand.data, threads=1))

    def _run(self) -> None:
        type(self).runs += 1
        for path in sorted(self.logs.iterdir(), key=lambda path: path.stat().st_mtime):
            is_finished = self._is_packed(path.name) or time.time() - path.stat().st_mtime > 600
            self.model.load(self._read(path.name), is_finished)
        summary = self._ingest()
        assert [str(failure) for failure in summary.failures] == []

    def _agree(self) -> None:
        query = "select host, count(*) from events where host like 'host-%' group by 1"
        found = Counter(dict(self.stand.sql(query)))
        wanted = self.model.events
        assert found == wanted, (found - wanted, wanted - found)
        sums = dict(zip(COUNTS, self._sums(), strict=True))
        new = {name: sums[name] - self.base[name] for name in COUNTS}
        assert (new["rejected"], new["blank"]) == (self.model.rejected, self.model.blank)
        if self.model.lines_are_sure:
            assert new["lines"] == self.model.lines
        assert new["events"] == wanted.total()
        assert self.stand.earlier_rows() == self.stand.earlier
        self.stand._assert_balance()
        query = "select trace_id from responses where trace_id like 'model-%'"
        assert Counter(self.stand.column(query)) == Counter(
            line.split(b'"trace_id":"')[1].split(b'"')[0].decode() for line in self.model.traced
        )

    def _sums(self) -> tuple[Any, ...]:
        columns = ", ".join(f"sum({name})::bigint" for name in COUNTS)
        return self.stand.sql(f"select {columns} from sources")[0]

    def _is_packed(self, name: str) -> bool:
        return (self.logs / name).read_bytes()[:2] == b"\x1f\x8b"

    def _read(self, name: str) -> bytes:
        data = (self.logs / name).read_bytes()
        return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def _before(tick: Any, function: Any) -> Any:
    def call(*arguments: Any, **named: Any) -> Any:
        tick()
        return function(*arguments, **named)

    return call


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_the_database_is_what_the_model_says(
    earlier: Stand, is_long: bool, record_property: Any
) -> None:
    """After any history of files and runs, each line is loaded as often as the model says."""
    Histories.earlier, Histories.runs = earlier, 0
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Histories,
        settings=settings(
            max_examples=100 if is_long else 3,
            stateful_step_count=25 if is_long else 12,
            deadline=None,
            derandomize=not is_long,
            suppress_health_check=list(HealthCheck),
        ),
    )
    record_property("got", f"{Histories.runs} runs agree with the model")
    record_property("runs of the model", Histories.runs)
