"""Runs `chertlog ingest` so that it is killed at a chosen point, and looks at what readers see.

A gate is a statement of SQL, a stage, or a step of the publication. The run is killed at a gate,
or up to 20 ms behind it, while DuckDB works. With gates every part of a run is hit, however short
it is; by time alone nearly all kills would fall into reading and merging.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

import duckdb
from stand import Stand

# Arguments: gate (0: none), delay in ms, data directory, logs. Names each gate on stderr.
DYING = """
import os, sys, threading
from pathlib import Path
from chertlog.ingest import merge, publish, run, sql
from chertlog.ingest.settings import Settings

gate, delay, passed = int(sys.argv[1]), float(sys.argv[2]) / 1000, 0

def die():
    os.kill(os.getpid(), 9)

def tick(name):
    global passed
    passed += 1
    os.write(2, (name + "\\n").encode())
    if passed == gate:
        threading.Timer(delay, die).start() if delay else die()

def gated(module, name, number):
    function = getattr(module, name)
    def call(*arguments, **named):
        tick(arguments[number] if number is not None else name)
        return function(*arguments, **named)
    setattr(module, name, call)

class Dying:
    stage = staticmethod(tick)
    def files(self, *_): pass
    def read(self, *_): pass

gated(sql, "run", 1)
gated(merge, "_run", 1)
for name in ("is_due", "checked", "_copy", "_verify", "_switch", "_prune", "_sync"):
    gated(publish, name, None)
summary = run.ingest(sys.argv[4:], Settings(Path(sys.argv[3])), final=True, reporter=Dying())
os._exit(summary.exit_code)
"""
# The parts of a run, told by the last gate that was passed.
PUBLISHING = {"is_due", "checked", "_copy", "_verify", "_switch", "_prune", "_sync", "checking"}
PUBLISHING |= {"publishing"}


@dataclass
class Night:
    """Logs to load, what an undisturbed run makes of them, and how many gates it passes."""

    logs: Path
    undisturbed: dict[str, list[str]]
    gates: int
    names: list[str]


def run_to(stand: Stand, logs: Path, gate: int, delay_ms: float = 0) -> tuple[int, list[str]]:
    """Load with a kill at this gate. Gives the exit code and the gates passed."""
    command = [sys.executable, "-c", DYING, str(gate), str(delay_ms), str(stand.data), str(logs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr.splitlines()


def kill_at(stand: Stand, night: Night, gate: int, chance: Random) -> str:
    """Kill a run at a gate or a little later. Gives the part of the run that was hit, or ''."""
    code, names = run_to(stand, night.logs, gate, chance.choice([0, 0, chance.uniform(0, 20)]))
    assert code in (0, -signal.SIGKILL), names[-3:]
    return part_of(names) if code else ""


def part_of(names: list[str]) -> str:
    """Which part of a run the last gate belongs to."""
    if names[-1] in PUBLISHING:
        return names[-1].strip("_")
    stages = [name for name in names if " " in name or name.endswith("ing")]
    return stages[-1] if stages else "opening"


class Watcher:
    """A reader in another thread's time: opens what is published, over and over, and judges it."""

    def __init__(self, folder: Path) -> None:
        self.looks = 0
        self.faults: list[str] = []
        self.seen: Counter[tuple[int, ...]] = Counter()
        self._link = folder / "chertlog.duckdb"
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.is_set():
            try:
                self._look()
            except (OSError, duckdb.Error) as error:
                self.faults.append(f"{type(error).__name__}: {error}")
            time.sleep(0.1)

    def _look(self) -> None:
        """One look: every sum in a generation must agree with every other."""
        path = self._link.resolve(strict=True)
        try:
            con = duckdb.connect(str(path), read_only=True)
        except duckdb.IOException:
            if path == self._link.resolve(strict=True):
                raise
            return  # a newer generation came, and this one went, between two lines of ours
        with con:
            ((*sums, unbalanced, orphans),) = con.execute(
                """
                select
                    (select count(*) from events), (select count(*) from rejected_lines),
                    (select count(*) from responses), (select count(*) from operations),
                    (select sum(events)::bigint from sources),
                    (select sum(rejected)::bigint from sources),
                    (select sum(attempts)::bigint from operations),
                    (select count(*) from sources
                        where lines <> events + rejected + blank + duplicates),
                    (select count(*) from responses where operation_id is null
                        and trace_id is not null)
                """
            ).fetchall()
        self.looks += 1
        self.seen[tuple(sums[:4])] += 1
        events, rejected, _, _, said_events, said_rejected, _ = sums
        if (events, rejected) != (said_events, said_rejected) or unbalanced or orphans:
            self.faults.append(f"half a state in {path.name}: {sums} {unbalanced} {orphans}")
