"""Where a case runs: a data directory that holds earlier data, and what must be true after it.

Owns the four invariants, in one place (`Stand.assert_invariants`): every line is accounted for;
the same command again adds nothing; earlier data are as they were; exit code and words agree with
the database.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from logs import Logs
from typer.testing import CliRunner

from chertlog.ingest.cli import app

COUNTS = ("lines", "events", "rejected", "blank", "duplicates")
HEADLINE = re.compile(
    r"([\d,]+) lines = ([\d,]+) events \+ ([\d,]+) rejected"
    r" \+ ([\d,]+) blank \+ ([\d,]+) duplicates"
)
EARLIER = ("s1", "s2", "s3")  # the sources of the earlier data
# What says how and when the logs came, not only what is in them.
BOOKKEEPING = ("sources", "ingest_runs", "freshness")
OF_A_RUN = ("source_id", "grown_from", "run_no", "offered_at")
SETTLED_S = 3600  # age of a file that was left alone for long enough
COMMAND = (sys.executable, "-m", "chertlog.ingest")


@dataclass(frozen=True)
class Said:
    """What a run of the command left its caller with."""

    exit_code: int
    words: str

    @property
    def counts(self) -> dict[str, int]:
        found = HEADLINE.search(self.words)
        numbers = [int(text.replace(",", "")) for text in found.groups()] if found else [0] * 5
        return dict(zip(COUNTS, numbers, strict=True))

    def files(self, what: str) -> int:
        """Files of the headline: `loaded`, `already loaded`, `ignored`, `refused`."""
        found = re.search(rf"([\d,]+) (?:files? )?{what}\b", self.words)
        return int(found[1].replace(",", "")) if found else 0


@dataclass
class Stand:
    """A working directory with logs and a data directory in it."""

    home: Path
    earlier: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    last: tuple[Said, tuple[object, ...]] | None = None
    _open: tuple[str, duckdb.DuckDBPyConnection] | None = None

    @property
    def data(self) -> Path:
        return self.home / "chertlog-data"

    @property
    def generation(self) -> Path:
        return (self.data / "chertlog.duckdb").resolve(strict=True)

    def write(self, name: str, *parts: bytes, age_s: float = SETTLED_S) -> Path:
        """A log file, last changed so many seconds ago."""
        path = self.home / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(parts))
        os.utime(path, (time.time() - age_s, time.time() - age_s))
        return path

    def ingest(self, *arguments: object) -> Said:
        """Run `chertlog ingest` in this process. What it did is held to account at the end."""
        result = CliRunner().invoke(app, ["ingest", *map(_text, arguments)])
        return self._keep(Said(result.exit_code, result.stderr), arguments)

    def command(self, *arguments: object, command: tuple[str, ...] = COMMAND, **how: Any) -> Said:
        """Run it as a process of its own."""
        done = subprocess.run(
            [*command, "ingest", *map(os.fspath, map(_path, arguments))],
            capture_output=True,
            check=False,
            **{"cwd": self.home, "stdin": subprocess.DEVNULL, **how},
        )
        return self._keep(Said(done.returncode, done.stderr.decode("utf-8", "replace")), arguments)

    def _keep(self, said: Said, arguments: tuple[object, ...]) -> Said:
        assert "Traceback" not in said.words, said.words
        self.last = said, arguments
        return said

    # ---- answers

    def connection(self) -> duckdb.DuckDBPyConnection:
        """To the newest generation; kept while there is no newer one."""
        path = str(self.generation)
        if self._open is None or self._open[0] != path:
            self.close()
            self._open = path, duckdb.connect(path, read_only=True)
        return self._open[1]

    def close(self) -> None:
        if self._open is not None:
            self._open[1].close()
        self._open = None

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.connection().execute(query, list(values)).fetchall()

    def column(self, query: str, *values: Any) -> list[Any]:
        return [row[0] for row in self.sql(query, *values)]

    def source(self, path: Path | str, status: str | None = None) -> dict[str, Any]:
        """The newest row about a path."""
        result = self.connection().execute(
            "select * from sources where path = $path and ($status is null or status = $status) "
            "order by substr(source_id, 2)::int desc limit 1",
            {"path": os.fsencode(path).decode("utf-8", "backslashreplace"), "status": status},
        )
        names = [column[0] for column in result.description or ()]
        (row,) = result.fetchall()
        return dict(zip(names, row, strict=True))

    def counts(self, path: Path | str, status: str | None = None) -> list[int]:
        """lines, events, rejected, blank, duplicates of the newest row about a path."""
        row = self.source(path, status)
        return [row[name] for name in COUNTS]

    def rejected(self, path: Path | str) -> dict[int, str]:
        """Line number and reason of what a file brought and could not become an event."""
        query = "select line_number, reason from rejected_lines where source_id = $1 order by all"
        return dict(self.sql(query, self.source(path)["source_id"]))

    def traces(self, label: str) -> list[str]:
        """The trace_ids of a case's responses, without its label."""
        query = "select trace_id from responses where trace_id like $1 || '-%' order by all"
        return [trace.removeprefix(f"{label}-") for trace in self.column(query, label)]

    def statuses(self) -> list[tuple[str, str]]:
        """What became of every file beside the earlier ones."""
        query = f"select path, status from sources where source_id not in {EARLIER} order by all"
        return [(Path(path).name, status) for path, status in self.sql(query)]

    def export(self) -> dict[str, list[str]]:
        """Every published relation as sorted rows, without what depends on the run."""
        found = {}
        for view, columns in _views(self.connection()):
            left_out = OF_A_RUN if view in BOOKKEEPING else ("source_id",)
            kept = ", ".join(f'"{name}"' for name in columns if name not in left_out)
            if view not in BOOKKEEPING or view == "sources":
                found[view] = sorted(map(str, self.sql(f"select {kept} from {view}")))
        assert {"responses", "events", "operations", "rejected_lines", "sources"} <= found.keys()
        return found

    # ---- what must be true after every case

    def assert_invariants(self) -> str:
        """Hold the last run to the four invariants. Gives what it did, in a few words."""
        assert self.last is not None, "a case has to run something"
        said, arguments = self.last
        if not (self.data / "chertlog.duckdb").exists():
            assert said.exit_code != 0 and not said.counts["lines"]
            return f"exit {said.exit_code}, nothing published"
        self._assert_balance()
        assert self.earlier_rows() == self.earlier, "earlier data changed"
        self._assert_agreement(said)
        before = self.state()
        again = self.ingest(*arguments)
        assert again.exit_code == said.exit_code, again.words
        self.assert_unchanged(before, again)
        return self._summary(said)

    def assert_unchanged(self, before: tuple[Any, ...], again: Said) -> None:
        """A run that offers what was offered before adds nothing and changes nothing."""
        assert not again.counts["lines"], again.words
        assert self.state() == before, "the same command again changed the database"

    def _assert_balance(self) -> None:
        unbalanced = self.sql(
            """
            select s.source_id, s.lines, s.events, s.rejected, s.blank, s.duplicates
            from sources as s
            where s.lines <> s.events + s.rejected + s.blank + s.duplicates
                or s.events <> (select count(*) from events as e where e.source_id = s.source_id)
                or s.rejected
                    <> (select count(*) from rejected_lines as l where l.source_id = s.source_id)
            """
        )
        assert unbalanced == []
        ((lines, *parts, events, rejected),) = self.sql(
            """
            select sum(lines)::bigint, sum(events)::bigint, sum(rejected)::bigint,
                sum(blank)::bigint, sum(duplicates)::bigint,
                (select count(*) from events), (select count(*) from rejected_lines)
            from sources
            """
        )
        assert lines == sum(parts)
        assert parts[:2] == [events, rejected]

    def earlier_rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that is published of the data that were there before the case began."""
        return {
            view: self.sql(f"select * from {view} where {condition} order by all")
            for view, condition in {
                "events": f"source_id in {EARLIER}",
                "rejected_lines": f"source_id in {EARLIER}",
                "(select * exclude (offered_at) from sources)": f"source_id in {EARLIER}",
                "responses": "tenant_id = 'tenant-earlier'",
                "operations": "tenant_id = 'tenant-earlier'",
            }.items()
        }

    def _assert_agreement(self, said: Said) -> None:
        assert said.exit_code in (0, 1, 2, 3)
        if said.exit_code > 1:
            return  # it could not run; that nothing changed is seen by the other three
        assert said.exit_code == bool(
            said.files("refused") or "check failed" in said.words or "No log file" in said.words
        ), said.words
        run = self.sql(f"select {', '.join(COUNTS)} from ingest_runs order by run_no desc limit 1")
        if "Published generation" in said.words:
            assert f"Published generation {int(self.generation.stem)} " in said.words
            if said.counts["lines"]:  # else it published what an earlier run had loaded
                assert run == [tuple(said.counts.values())]
                assert said.counts["lines"] == sum(list(said.counts.values())[1:])
        else:
            assert not said.counts["lines"]
        refused = set(self.column("select path from sources where status = 'refused'"))
        for path in re.findall(r"^  refused: (.*?): ", said.words, re.M):
            assert any(_shown(known) == path for known in refused), path

    def state(self) -> tuple[Any, ...]:
        """The published file, and every table of the work database as rows and a sum of hashes."""
        facts = self.generation.stat()
        with duckdb.connect(str(self.data / "work.duckdb"), read_only=True) as con:
            tables = con.execute("select table_name from duckdb_tables() order by 1").fetchall()
            sums = " union all ".join(
                f"select '{name}', count(*), sum(hash(t)) from "
                f"(select columns(lambda name: name <> 'offered_at') from store.{name}) as t"
                for (name,) in tables
            )
            rows = con.execute(sums).fetchall()
        return self.generation.name, facts.st_size, facts.st_mtime_ns, sorted(rows)

    def _summary(self, said: Said) -> str:
        words = [f"exit {said.exit_code}"]
        if any(said.counts.values()):
            counts = {name: number for name, number in said.counts.items() if number}
            words.append(", ".join(f"{number:,} {name}" for name, number in counts.items()))
        reasons = self.sql(
            "select reason, count(*) from rejected_lines "
            f"where source_id not in {EARLIER} group by 1"
        )
        words += [f"{reason} {count}" for reason, count in reasons]
        if found := re.search(r"(?:refused: .*?: |chertlog: )(.*)", said.words):
            words.append(found[1][:90])
        return "; ".join(words)


def make_earlier(home: Path) -> Stand:
    """A stand whose database holds three good files of ten days before."""
    stand = Stand(home)
    logs = Logs("earlier")
    app = [
        logs.app(f"2026-11-11T10:00:0{n}", "response.sent", n, http__status=200) for n in range(5)
    ]
    stand.write("earlier/app.log", *app[:3], b"panic: not JSON\n", *app[3:])
    stand.write(
        "earlier/access.log", logs.edge("2026-11-11T10:00:00", 0), logs.edge("2026-11-11T11:00:00")
    )
    stand.write("earlier/otlp.jsonl", logs.otlp(logs.record("2026-11-11T10:00:01", 1)))
    said = stand.ingest("--data-dir", stand.data, stand.home / "logs" / "earlier")
    assert (said.exit_code, said.counts["lines"]) == (0, 9), said.words
    shutil.rmtree(stand.home / "logs")
    stand.earlier = stand.earlier_rows()
    assert all(stand.earlier.values())
    stand.close()
    return stand


def copy_of(stand: Stand, home: Path) -> Stand:
    """Another stand with the same earlier data."""
    shutil.copytree(stand.data, home / "chertlog-data", symlinks=True)
    return Stand(home, stand.earlier)


def differences(one: dict[str, list[str]], other: dict[str, list[str]]) -> dict[str, Any]:
    """Relations that differ, with the first rows that only one of the two has."""
    return {
        view: [
            sorted(set(a) - set(b))[:2]
            for a, b in ((one[view], other[view]), (other[view], one[view]))
        ]
        + [len(one[view]), len(other[view])]
        for view in one.keys() | other.keys()
        if one.get(view) != other.get(view)
    }


def _views(con: duckdb.DuckDBPyConnection) -> list[tuple[str, list[str]]]:
    return con.execute(
        """
        select v.view_name, list(c.column_name order by c.column_index)
        from duckdb_views() as v
        inner join duckdb_columns() as c on c.table_oid = v.view_oid
        where v.schema_name = 'main' and not v.internal and c.schema_name = 'main'
        group by v.view_name
        order by v.view_name
        """
    ).fetchall()


def _shown(path: str) -> str:
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in path)


def _text(argument: object) -> str:
    return str(argument)


def _path(argument: object) -> str | os.PathLike[str]:
    return argument if isinstance(argument, os.PathLike) else str(argument)
