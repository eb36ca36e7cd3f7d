"""How long a night takes: logs of each kind to a published database, beside what others need.

Every contender runs in a process of its own, in turn, on the same file (measure.py). chertlog runs
as shipped: under its memory limit, with the content hash, the balance, redaction, the merge, the
chains, the sums, the checks and the publication. What a peer leaves out is said beside it.

    make bench ONLY=ingest
    make bench ONLY=ingest ARGS='--lines 10000000 --runs 3 --only chains'
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import peers
from measure import Contender, interleaved, machine, medians, ratio
from workloads import Workloads, count

OURS = "chertlog"
GOACCESS = [
    '--log-format=%h - %^ [%d:%t %^] "%r" %s %b "%R" "%u" trace_id=%^ rt=%T urt="%^" uaddr="%^" '
    "retry_after=%^ tenant=%^",
    "--date-format=%d/%b/%Y",
    "--time-format=%H:%M:%S",
    "--no-progress",
]
JQ = '[.ts, .trace_id, ."http.status", (."response.body" | objects | .code)]'
LNAV = ";SELECT sc_status, count(*) FROM access_log GROUP BY sc_status"
# Wall time as a multiple of the contender's that we want to stay under.
TARGETS = {
    ("answers", "chdb"): 1.8,
    ("chains", "read_json"): 2.0,
    ("nginx", "polars"): 2.0,
    ("nginx", "lnav"): 1.0,
    ("nginx", "goaccess"): 0.05,
    ("hours", "one file"): 1.1,
    ("gzip", "plain"): 1.4,
    ("broken", "clean"): 2.0,
}


@dataclass(frozen=True)
class Race:
    """The same work by several contenders, of which `chertlog` is ours."""

    name: str
    title: str
    log: Callable[[], Path]
    contenders: Callable[[Path], Iterator[Contender]]


class Races:
    """What is run, over the files of one folder."""

    def __init__(self, folder: Path, lines: int) -> None:
        self._folder, self._files = folder, Workloads(folder, lines)
        self._python = peers.python()

    def all(self) -> list[Race]:
        files = self._files
        return [
            Race("answers", "app NDJSON, one line a trace", files.answers, self._json),
            Race("chains", "app NDJSON, three lines a trace", files.app, self._json),
            Race("nginx", "nginx access log", files.nginx, self._nginx),
            Race("otlp", "OTLP JSON lines", files.otlp, self._alone),
            Race("hours", "24 files", files.hours, self._beside("one file", files.app)),
            Race("gzip", "gzip", files.app_gzip, self._beside("plain", files.app)),
            Race("zstd", "zstd", files.app_zstd, self._beside("plain", files.app)),
            Race("broken", "1 % damaged", files.app_broken, self._beside("clean", files.app)),
        ]

    def _ours(self, name: str, log: Path) -> Contender:
        data = self._folder / f"data-{name.replace(' ', '-')}"
        ingest = [sys.executable, "-m", "chertlog.ingest", "ingest", str(log), "--final"]
        return Contender(
            name,
            [*ingest, "--quiet", "--data-dir", str(data)],
            data,
            lambda: (data / "chertlog.duckdb").resolve(),
        )

    def _alone(self, log: Path) -> Iterator[Contender]:
        yield self._ours(OURS, log)

    def _beside(
        self, name: str, other: Callable[[], Path]
    ) -> Callable[[Path], Iterator[Contender]]:
        def both(log: Path) -> Iterator[Contender]:
            yield self._ours(OURS, log)
            yield self._ours(name, other())

        return both

    def _script(self, name: str, script: str, log: Path) -> Iterator[Contender]:
        if self._python:
            out = self._folder / f"{script}.out"
            command = [self._python, str(peers.SCRIPTS / f"{script}.py"), str(log), str(out)]
            yield Contender(name, command, out, lacks=peers.lacks(script))

    def _program(self, name: str, *arguments: str, lacks: str) -> Iterator[Contender]:
        if found := peers.program(name):
            yield Contender(name, [found, *arguments], lacks=lacks)

    def _json(self, log: Path) -> Iterator[Contender]:
        yield self._ours(OURS, log)
        yield from self._script("read_json", "read_json", log)
        yield from self._script("chdb", "chdb_json", log)
        yield from self._script("polars", "polars_json", log)
        yield from self._script("pandas", "pandas_json", log)
        yield from self._program("jq", "-c", JQ, str(log), lacks="prints four fields, no more")

    def _nginx(self, log: Path) -> Iterator[Contender]:
        yield self._ours(OURS, log)
        yield from self._script("polars", "polars_nginx", log)
        yield from self._program(
            "lnav", "-n", "-c", LNAV, str(log), lacks="answers one question, stores nothing"
        )
        out = str(self._folder / "goaccess.json")
        yield from self._program(
            "goaccess", str(log), *GOACCESS, "-o", out, lacks="one report, stores no line"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", help="one race: answers, chains, nginx, otlp, hours, gzip, …")
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    options = parser.parse_args()
    found: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(prefix="chertlog-bench-") as folder:
        races = Races(Path(folder), options.lines).all()
        for race in races:
            if options.only in (None, race.name):
                found.append(_run(race, options.runs))
                _print(found[-1])
    if options.json:
        figures = machine() | {"lines": options.lines, "runs": options.runs, "races": found}
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def _run(race: Race, runs: int) -> dict[str, object]:
    log = race.log()
    files = sorted(log.iterdir()) if log.is_dir() else [log]
    contenders = list(race.contenders(log))
    found = interleaved(contenders, runs)
    ours = [run.wall for run in found[OURS]]
    return {
        "name": race.name,
        "title": race.title,
        "files": len(files),
        "lines": sum(count(each) for each in files) if race.name not in ("gzip", "zstd") else None,
        "bytes": sum(each.stat().st_size for each in files),
        "contenders": [
            {"name": each.name, "lacks": each.lacks, **medians(found[each.name])}
            | (
                {}
                if each.name == OURS
                else {
                    "times": ratio(ours, [run.wall for run in found[each.name]]),
                    "target": TARGETS.get((race.name, each.name)),
                }
            )
            for each in contenders
        ],
    }


def _print(race: dict[str, object]) -> None:
    lines = f"{race['lines']:,} lines, " if race["lines"] else ""
    print(f"\n{race['title']}: {lines}{race['bytes'] / 1e6:,.0f} MB")  # type: ignore[operator]
    print(f"  {'':<12}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'stored MB':>11}  chertlog takes")
    for each in race["contenders"]:  # type: ignore[attr-defined]
        times = each.get("times")
        said = ""
        if times:
            target = f" (target {each['target']})" if each["target"] else ""
            said = f"{times['median']:.2f} × [{times['min']:.2f}–{times['max']:.2f}]{target}"
        print(
            f"  {each['name']:<12}{each['wall']:>9.2f}{each['cpu']:>9.2f}"
            f"{each['peak'] / 1e6:>9,.0f}{each['stored'] / 1e6:>11,.1f}  {said}"
        )


if __name__ == "__main__":
    main()
