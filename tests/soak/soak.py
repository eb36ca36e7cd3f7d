"""`make soak`: simulated traffic replayed while everything runs, and a table of what was seen.

`chertlog watch --check` follows the files, which rotate; the dashboard is open; SQL is asked;
alerts go to a receiver. In the end the database is held to what the simulator knows. Exit code: 0
all as promised, 1 something was not. Without options: 6 hours at tenfold speed.

    make soak
    make soak ARGS='--minutes 12 --rps 300'
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path += [str(TESTS / folder) for folder in ("soak", "truth", "bench")]

from company import Dashboard, Reader, Receiver, Watching
from compare import compare
from replay import Traffic
from rich.console import Console
from rich.table import Table

from chertlog.ingest.privacy import KEY_VARIABLE
from chertlog.ingest.simulate import write_day
from chertlog.queries import connect

KEY = "0123456789abcdef0123456789abcdef"  # of throw-away databases
TICK_S = 0.5
RESOLVED_AFTER = timedelta(hours=1)  # of data: what a rule calls recent (alerting/rules.py)
LATENCY_S = 5.0
GROWTH, SLACK = 1.2, 64 << 20  # memory: last quarter of the run against the second
# Bars that were set on days of about one response a second. At a hundred a nightly load of the same
# logs misses them by as much, so they say nothing about watch; then they are told, not judged.
BARS_OF_THIN_TRAFFIC = (
    "their start and end",
    "their amplification",
)
LONG_MINUTES = 10  # from here on, latency and memory are judged
CONFIG = """
[parameters]
stale_after_h = 1000000  # the simulated day is not today

[alerts]
alertmanager = "http://127.0.0.1:{port}"
webhook = "http://127.0.0.1:{port}/hook"
"""


@dataclass(frozen=True)
class Plan:
    """How long, how fast, how much. `rps` is of the wall's seconds."""

    minutes: float = 36.0
    rps: float = 1000.0
    speed: float = 10.0
    interval_s: float = 5.0
    rotations: int = 6
    look_s: float = 10.0  # between two looks at the dashboard
    browser: bool = True
    seed: int = 11
    steps: int = 0  # instead of by the clock, in so many pieces, each when the last was published

    @property
    def is_long(self) -> bool:
        """Whether latency and memory are judged."""
        return self.minutes >= LONG_MINUTES and not self.steps

    @property
    def hours(self) -> float:
        return self.minutes * self.speed / 60


@dataclass(frozen=True)
class Seen:
    """One promise, and what came of it. `holds` is None where it is only told."""

    promise: str
    seen: str
    holds: bool | None = None


@dataclass
class Soak:
    """One run in a folder of its own."""

    folder: Path
    plan: Plan
    told: Callable[[str], None] = lambda text: None
    results: list[Seen] = field(default_factory=list)

    def run(self) -> list[Seen]:
        os.environ.setdefault(KEY_VARIABLE, KEY)
        plan, folder = self.plan, self.folder
        day, live, data = folder / "day", folder / "live", folder / "data"
        self.told(f"simulating {plan.hours:.1f} h")
        made = write_day(day, seed=plan.seed, hours=plan.hours, rps=plan.rps / plan.speed)
        traffic = Traffic(day, live)
        with Receiver() as receiver:
            (folder / "chertlog.toml").write_text(CONFIG.format(port=receiver.port))
            watch = Watching(folder, live, data, plan.interval_s)
            with watch:
                began = self._lead_in(traffic, watch, data)
                board = Dashboard(folder, data, browser=plan.browser, every_s=plan.look_s)
                with board, Reader(data) as reader:
                    if plan.steps:
                        late_s = self._step(traffic, watch, data)
                    else:
                        late_s = self._replay(traffic, began, watch)
                    watch.settle(data)
        self._judge_watch(watch, traffic, late_s, made.responses)
        self._judge_truth(data, day)
        self._judge_alerts(data, receiver)
        self._judge_readers(board, reader)
        return self.results

    def _lead_in(self, traffic: Traffic, watch: Watching, data: Path) -> float:
        """A first piece, so that there is something to open. Gives the wall's time of the start."""
        traffic.write_until(traffic.start + 60)
        while not (data / "chertlog.duckdb").exists():
            watch.require_alive()
            time.sleep(TICK_S)
        return time.monotonic() - 60 / self.plan.speed

    def _step(self, traffic: Traffic, watch: Watching, data: Path) -> float:
        """Write piece after piece, however long the machine takes for each."""
        span = traffic.end - traffic.start
        for step in range(1, self.plan.steps + 1):
            traffic.write_until(traffic.start + span * step / self.plan.steps)
            if step * self.plan.rotations // self.plan.steps > traffic.rotations // 3:
                traffic.rotate()
            watch.settle(data)
        traffic.write_until(traffic.end + 3600)
        return 0.0

    def _replay(self, traffic: Traffic, began: float, watch: Watching) -> float:
        """Write what is due, tick by tick. Gives by how many seconds the writer was ever late."""
        every = (traffic.end - traffic.start) / (self.plan.rotations + 1)
        late_s, told = 0.0, 0.0
        while True:
            now = traffic.start + (time.monotonic() - began) * self.plan.speed
            whole = traffic.write_until(now)
            if traffic.rotations < 3 * int((min(now, traffic.end) - traffic.start) / every) and (
                now < traffic.end
            ):
                traffic.rotate()
            watch.sample()
            watch.require_alive()
            if whole:
                return late_s
            took = time.monotonic() - began - (now - traffic.start) / self.plan.speed
            late_s = max(late_s, took)
            if now - told > 600 * self.plan.speed / 10:
                told = now
                self.told(f"{traffic.lines:,} lines written, {len(watch.cycles)} cycles")
            time.sleep(max(0.0, TICK_S - took))

    # ---- what was promised

    def _add(self, promise: str, seen: str, holds: bool | None) -> None:
        self.results.append(Seen(promise, seen, holds))

    def _judge_watch(
        self, watch: Watching, traffic: Traffic, late_s: float, responses: int
    ) -> None:
        plan = self.plan
        lasted_s = plan.minutes * 60
        pace = f"{responses / lasted_s:,.0f} responses/s, written at most {late_s:.1f} s late"
        self._add(
            "traffic as planned",
            f"{plan.hours:.1f} h, {responses:,} responses, {traffic.lines:,} lines, "
            f"{traffic.rotations} rotations; "
            + (f"in {plan.steps} pieces" if plan.steps else pace),
            traffic.rotations >= 3 * plan.rotations - 3,
        )
        self._add(
            "watch ends when told, without a complaint", f"exit code {watch.code}", watch.code == 0
        )
        refused = [line for line in watch.said if "events," not in line]
        self._add("every cycle worked", "; ".join(refused[:3]) or "yes", not refused)
        seconds = sorted(cycle.seconds for cycle in watch.cycles)
        p95 = seconds[min(len(seconds) - 1, round(0.95 * len(seconds)))]
        events = sum(cycle.events for cycle in watch.cycles)
        self._add(
            f"from the start of a cycle to a readable generation p95 ≤ {LATENCY_S:g} s",
            f"{len(seconds)} cycles: p50 {statistics.median(seconds):.1f} s, p95 {p95:.1f} s; "
            f"{watch.cpu_s:.0f} CPU s for {events:,} events, "
            f"{watch.cpu_s / max(1, len(seconds)):.1f} a cycle",
            p95 <= LATENCY_S if plan.is_long else None,
        )
        self._memory("memory of watch is flat", watch.memory)

    def _memory(self, promise: str, samples: list[int]) -> None:
        if len(samples) < 4:
            self._add(promise, f"{len(samples)} looks are too few", None)
            return
        quarter = len(samples) // 4
        early, late = max(samples[quarter : 2 * quarter]), max(samples[-quarter:])
        self._add(
            promise,
            f"at most {early >> 20} MiB in the second quarter, {late >> 20} MiB in the last",
            late <= GROWTH * early + SLACK if self.plan.is_long else None,
        )

    def _judge_truth(self, data: Path, day: Path) -> None:
        compared = compare(data / "chertlog.duckdb", day)
        missed = [each for each in compared if not each.passes]
        judged = sum(each.judged for each in compared)
        only_told = BARS_OF_THIN_TRAFFIC if self.plan.rps / self.plan.speed > 5 else ()
        self._add(
            "nothing lost or doubled against the truth",
            f"{len(compared)} figures over {judged:,} things, {len(missed)} missed"
            + "".join(f"; {m.figure}: {m.truth} / {m.found} {m.note[:200]}" for m in missed[:4]),
            all(each.figure in only_told for each in missed),
        )
        with connect(data) as db:
            unbalanced = db.rows(
                "select source_id from sources "
                "where lines <> events + rejected + blank + duplicates"
            )
        self._add("lines = events + rejected + blank + duplicates", "", not unbalanced)

    def _judge_alerts(self, data: Path, receiver: Receiver) -> None:
        with connect(data) as db:
            (newest,) = (
                row["at"] for row in db.rows("select newest_event_at as at from freshness")
            )
            found = {
                "retry_storm": {
                    row["subject"]: row["ended_at"]
                    for row in db.rows(
                        "select concat(tenant_id, strftime(started_at, ' %Y-%m-%dT%H:00Z')) "
                        "as subject, max(ended_at) as ended_at from retry_storms group by all"
                    )
                },
                "saturation": {
                    row["subject"]: row["last_refused_at"]
                    for row in db.rows(
                        "select tenant_id || strftime(hour, ' %Y-%m-%dT%H:00Z') as subject, "
                        "last_refused_at from saturation_hours where onset_at is not null"
                    )
                },
            }
        for rule, wanted in found.items():
            told = receiver.of(rule)
            missed = wanted.keys() - told.keys()
            extra = told.keys() - wanted.keys()
            often = [subject for subject, counts in told.items() if counts.fired > 1]
            over = {s for s, ended in wanted.items() if ended < newest - RESOLVED_AFTER}
            pending = [s for s in over & told.keys() if told[s].resolved != 1]
            early = [s for s in told.keys() - over - extra if told[s].resolved]
            listed = ", ".join(
                f"{name} {len(each)}"
                for name, each in (
                    ("missed", missed),
                    ("of nothing that stayed", extra),
                    ("told twice", often),
                    ("over and not resolved once", pending),
                    ("resolved too early", early),
                )
                if each
            )
            self._add(
                f"each {rule.replace('_', ' ')} is alerted once and resolved",
                f"{len(wanted)} of them, {len(over)} over; {listed or 'all so'}",
                not (missed or extra or often or pending or early) and bool(wanted),
            )
        self._add(
            "the webhook hears of each beginning and each end once",
            f"{receiver.hook_began} and {receiver.hook_over}; "
            f"{receiver.fired} began and {receiver.resolved} ended",
            (receiver.hook_began, receiver.hook_over) == (receiver.fired, receiver.resolved),
        )

    def _judge_readers(self, board: Dashboard, reader: Reader) -> None:
        self._add(
            "SQL always sees one whole state, and never an older one",
            f"{reader.asked} questions, {len(reader.generations)} generations"
            + "".join(f"; {fault}" for fault in reader.faults[:3]),
            not reader.faults and reader.asked > 0 and len(reader.generations) > 1,
        )
        self._add(
            "the dashboard follows, without an error",
            f"{board.pages:.0f} pages drawn, {board.errors:.0f} errors"
            + ("; in a browser" if self.plan.browser else "; by its protocol")
            + "".join(f"; {fault}" for fault in board.faults[:3]),
            not board.errors and not board.faults and board.pages > 0,
        )
        self._memory("memory of the dashboard is flat", board.memory)


def table(results: list[Seen]) -> Table:
    drawn = Table("promised", "seen", "", title="Soak", title_justify="left")
    for each in results:
        verdict = {True: "ok", False: "BROKEN", None: "told"}[each.holds]
        drawn.add_row(each.promise, each.seen, verdict)
    return drawn


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=Plan.minutes, help="of the wall (36)")
    parser.add_argument("--rps", type=float, default=Plan.rps, help="responses a second (1000)")
    parser.add_argument("--speed", type=float, default=Plan.speed, help="of the clock (10)")
    parser.add_argument("--interval", type=float, default=Plan.interval_s, help="of watch (5)")
    parser.add_argument("--no-browser", action="store_true", help="look by protocol alone")
    parser.add_argument("--keep", type=Path, help="work in this folder, and leave it")
    options = parser.parse_args()
    plan = Plan(
        options.minutes,
        options.rps,
        options.speed,
        options.interval,
        browser=not options.no_browser,
    )
    folder = options.keep or Path(tempfile.mkdtemp(prefix="chertlog-soak-"))
    folder.mkdir(parents=True, exist_ok=True)

    def told(text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)

    try:
        results = Soak(folder, plan, told).run()
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    Console(width=max(120, Console().width), highlight=False).print(table(results))
    return int(any(each.holds is False for each in results))


if __name__ == "__main__":
    sys.exit(main())
