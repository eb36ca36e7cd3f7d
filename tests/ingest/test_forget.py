"""Forgetting: as if the lines had never been there, in views and in bytes, and for good."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from chertlog.ingest.cli import app

# Of OTLP lines only some records go, so those behind them get other numbers in the comparison.
pytestmark = pytest.mark.usefixtures("no_sync")

RENUMBERED = ("source_id", "event_id", "record_number", "path")


def run(*arguments: object, stdin: str | None = None) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


def digits(number: str) -> str:
    return re.sub(r"\D", "", number)


def fields(line: bytes) -> dict[str, Any] | None:
    try:  # of a key that occurs twice the first counts
        found = json.loads(line, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def whole(line: dict[str, Any]) -> bool:
    """Whether a line is one that can become an event: of others nothing is stored that names."""
    numbers = [line.get(name) for name in ("http.status", "duration_ms")]
    return bool(
        line.get("event")
        and re.fullmatch(r"2026-11-2\d[T ][\d:.]+(?:Z|[+-][\d:]+)?", str(line.get("ts")))
        and all(number is None or isinstance(number, int | float) for number in numbers)
    )


def records(line: bytes) -> list[dict[str, Any]]:
    """What a line says, if it is one that can become an event: of others nothing is stored that
    names anybody, but perhaps a trace_id (shown_traces)."""
    found = fields(line)
    if found and "resourceLogs" in found:
        requests = found["resourceLogs"]
        scopes = [scope for request in requests for scope in request["scopeLogs"]]
        return [
            of_otlp(r) for scope in scopes for r in scope["logRecords"] if r.get("timeUnixNano")
        ]
    if found:
        return [found] if whole(found) else []
    edge = re.fullmatch(rb'\S+ - \S+ \[[^]]+\] ".*trace_id=(\S+) .* tenant=(\S+)', line)
    if edge is None or not line.isascii() or b"\0" in line:
        return []
    trace, tenant = (part.decode() for part in edge.groups())
    return [{"trace_id": trace, "tenant_id": tenant}]


def has_time(record: dict[str, Any]) -> bool:
    return str(record.get("timeUnixNano", "")).strip("0").isdigit()


def traced(line: bytes) -> bool:
    found = records(line)
    return bool(found) and all(record.get("trace_id") not in (None, "-") for record in found)


def of_otlp(record: dict[str, Any]) -> dict[str, Any]:
    values = {each["key"]: next(iter(each["value"].values())) for each in record["attributes"]}
    return {name: values.get(f"chert.{name}") for name in ("trace_id", "tenant_id")}


def logs_of(folder: Path) -> list[Path]:
    return [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != "truth.json"]


def content(path: Path) -> bytes:
    """The decompressed bytes."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def shown_traces(line: bytes) -> set[str]:
    """The traces that a rejected line's excerpt shows."""
    found = re.findall(rb'trace_id"?\s*[:=]\s*"?([0-9a-f]{8,12})\b', line)
    return set() if records(line) else {trace.decode() for trace in found}


class Blanked:
    """The same logs without the lines to forget: white space of the same length in their place, so
    that every other line keeps its number and offset. Knows nothing of how chertlog does it."""

    def __init__(self, logs: Path, is_named: Callable[[dict[str, Any]], bool]) -> None:
        self.logs, self.named = logs, is_named
        self.traces: dict[str, set[str | None]] = {}  # an id may be of two tenants
        for path in logs_of(logs):
            for line in content(path).splitlines():
                for record in records(line):
                    if is_named(record) and record.get("trace_id") not in (None, "-"):
                        tenants = self.traces.setdefault(record["trace_id"], set())
                        tenants.add(record.get("tenant_id"))

    def write(self, folder: Path) -> Path:
        for path in logs_of(self.logs):
            target = folder / path.relative_to(self.logs).with_suffix("")
            target.parent.mkdir(parents=True, exist_ok=True)
            kept = [self._kept(line) for line in content(path).split(b"\n")]
            target.write_bytes(b"\n".join(kept))
        return folder

    def _goes(self, record: dict[str, Any]) -> bool:
        tenants = self.traces.get(str(record.get("trace_id")), set())
        tenant = record.get("tenant_id")
        return bool(tenants and (tenant in (None, "-") or {tenant, None} & tenants)) or self.named(
            record
        )

    def _kept(self, line: bytes) -> bytes:
        if b"resourceLogs" not in line:
            goes = any(self._goes(record) for record in records(line))
            return b" " * len(line) if goes or shown_traces(line) & self.traces.keys() else line
        found = json.loads(line) if line.endswith(b"}") and fields(line) else {}
        before = json.dumps(found)
        for request in found.get("resourceLogs", []):
            for scope in request["scopeLogs"]:
                scope["logRecords"] = [
                    record
                    for record in scope["logRecords"]
                    if not has_time(record) or not self._goes(of_otlp(record))
                ]
        if json.dumps(found) == before:
            return line
        return json.dumps(found, separators=(",", ":")).encode().ljust(len(line))


def bytes_of(folder: Path) -> bytes:
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert {"work.duckdb"} < {path.name for path in files}
    return b"".join(path.read_bytes() for path in files if path.name != "pseudonym.key")


def cells(path: Path) -> str:
    """Every cell of every table of a database, as text."""
    found: list[str] = []
    with duckdb.connect(str(path), read_only=True) as con:
        columns = con.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'store'"
        ).fetchall()
        for table, column in columns:
            rows = con.execute(f'select distinct "{column}"::varchar from store."{table}"')
            found += [row[0] for row in rows.fetchall() if row[0] is not None]
    return "\n".join(found)


@pytest.fixture
def store(short_day: Any, new_store: Any) -> Any:
    """A copy of the short day's database."""
    found = new_store("data")
    shutil.copytree(short_day.store.folder, found.folder, symlinks=True)
    return found


@pytest.fixture(scope="module")
def busiest(short_day: Any) -> tuple[str, str]:
    """The number and the tenant that occur most in the day's logs."""
    seen: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for path in logs_of(short_day.logs):
        for line in content(path).splitlines():
            found = fields(line) or {}
            for name, counter in zip(("to", "tenant_id"), seen, strict=True):
                if isinstance(found.get(name), str):
                    counter[found[name]] += 1
    number, tenant = (counter.most_common(3)[-1][0] for counter in seen)
    return number, tenant


def test_it_is_as_if_the_lines_had_never_been_there(
    short_day: Any,
    busiest: tuple[str, str],
    store: Any,
    new_store: Any,
    tmp_path: Path,
    differ: Any,
) -> None:
    """A number and a tenant at once: in every view, and in the bytes; and they do not come back."""
    number, tenant = busiest
    assert tenant.encode() in bytes_of(store.folder)
    blanked = Blanked(
        short_day.logs,
        lambda line: (
            digits(str(line.get("to"))) == digits(number) or line.get("tenant_id") == tenant
        ),
    )
    never = new_store("never")
    never.ingest(blanked.write(tmp_path / "blanked"))
    wanted = never.export(tmp_path / "views", without=RENUMBERED)
    assert differ(wanted, store.export(tmp_path / "views", without=RENUMBERED)) != {}

    named = ["--recipient", number, "--tenant", tenant, "--data-dir", store.folder]
    result = run("forget", *named)
    assert result.exit_code == 0, result.output
    assert digits(number) not in digits(result.output)
    assert differ(wanted, store.export(tmp_path / "views", without=RENUMBERED)) == {}
    assert store.unbalanced() == []
    assert len(list((store.folder / "generations").iterdir())) == 1
    assert tenant.encode() not in bytes_of(store.folder)

    # Offered again, as the same files and as others with the same lines, it stays out.
    again = run("ingest", "--final", short_day.logs, "--data-dir", store.folder)
    assert again.exit_code == 0 and "Nothing new" in again.stderr, again.output
    other = tmp_path / "other"
    other.mkdir()
    for path in logs_of(short_day.logs):
        # Lines without a trace_id are never told to be the same; rejected ones listed each time.
        kept = [line if traced(line) else b"" for line in content(path).splitlines()]
        (other / path.name).write_bytes(b"\n".join([b"", *kept, b""]))
    again = run("ingest", "--final", other, "--data-dir", store.folder)
    assert again.exit_code == 0 and "left out" in again.stderr, again.output
    views = store.export(tmp_path / "views", without=RENUMBERED)
    del views["rejected_lines"], wanted["rejected_lines"]
    assert differ(wanted, views) == {}
    assert store.unbalanced() == []
    assert tenant.encode() not in bytes_of(store.folder)


# ---- by hand: who is named, and by which spelling


def folder_of(store: Any) -> list[object]:
    return ["--data-dir", store.folder]


@pytest.fixture(scope="module")
def people(lines: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Three requests to two numbers, answered in three logs; lines that name one as a line or in a
    path."""
    folder = tmp_path_factory.mktemp("people")
    app_lines, edge_lines, otlp_records = [], [], []
    for n, number in enumerate(["+12025550143", "(202) 555-0143", "+442079460143"]):
        trace = f"a{n:011x}"
        app_lines += [lines.received("10:00:00", trace, to=number), lines.sent("10:00:01", trace)]
        edge_lines.append(lines.edge("10:00:01", trace))
        otlp_records.append(lines.record("10:00:01", trace))
    states = [{"line": "202.555.0143", "used": 1, "cap": 2}]
    app_lines += [
        lines.app("10:00:02", "capacity.exhausted", "b00000000000", lines=states),
        lines.app("10:00:03", "delivery.ok", "c00000000000", line="+12025550143"),
        lines.app("10:00:05", "service.heartbeat"),
    ]
    path = "/api/v1/chats/%2B12025550143/messages"
    edge_lines.append(lines.edge("10:00:04", "d00000000000", request=f"GET {path} HTTP/1.1"))
    logs = folder / "logs"
    logs.mkdir()
    (logs / "app.log").write_bytes(b"".join(app_lines))
    (logs / "edge.log").write_bytes(b"".join(edge_lines))
    (logs / "otlp.log").write_bytes(lines.otlp(*otlp_records))
    assert run("ingest", "--final", logs, "--data-dir", folder / "data").exit_code == 0
    return folder


@pytest.fixture
def two_people(people: Path, new_store: Any) -> Any:
    """A copy of that database."""
    found = new_store("two")
    shutil.copytree(people / "data", found.folder, symlinks=True)
    return found


@pytest.fixture(scope="module")
def forgotten(people: Path) -> Path:
    """That database after one of the two was forgotten, by the pseudonym."""
    folder = people / "forgotten"
    shutil.copytree(people / "data", folder, symlinks=True)
    done = run("forget", "--recipient", "-", "--data-dir", folder, stdin="202 555 0143\n")
    assert done.exit_code == 0 and "11 events" in done.stderr, done.output
    return folder


def left(store: Any) -> list[Any]:
    return store.sql(
        "select log, trace_id from events where trace_id is not null order by log, trace_id, event"
    )


OF_THE_OTHER = [
    ("app", "a00000000002"),
    ("app", "a00000000002"),
    ("edge", "a00000000002"),
    ("otlp", "a00000000002"),
]


def test_any_spelling_reaches_every_line_that_names_them(two_people: Any) -> None:
    pseudonym = two_people.column("select recipient from responses order by trace_id")[0]
    for spelling in ["+1 202 555 0143", "2025550143", "tel:0012025550143", pseudonym]:
        tried = run("forget", "--recipient", spelling, "--dry-run", *folder_of(two_people))
        assert tried.exit_code == 0 and "11 events" in tried.stderr, tried.output
    assert len(left(two_people)) == 15
    assert not (two_people.folder / "forgotten.jsonl").exists()


def test_what_is_left_is_of_the_other(forgotten: Path, new_store: Any) -> None:
    store = new_store()
    store.folder = forgotten
    assert left(store) == OF_THE_OTHER
    assert store.sql("select sum(lines), sum(events), sum(erased) from sources") == [(5, 5, 11)]
    assert store.unbalanced() == []


def test_the_list_holds_no_pseudonym_and_keeps_a_new_database_clean(
    people: Path, forgotten: Path, new_store: Any
) -> None:
    with duckdb.connect(str(people / "data" / "work.duckdb"), read_only=True) as con:
        rows = con.execute("select distinct recipient from store.event where recipient is not null")
        pseudonyms = [f"{row[0]:016x}" for row in rows.fetchall()]
    listed = forgotten / "forgotten.jsonl"
    assert stat.S_IMODE(listed.stat().st_mode) == 0o600
    text = listed.read_text()
    assert "0143" not in text and text.count("\n") == 1
    assert [p for p in pseudonyms if p[2:] in text] == [] and len(pseudonyms) == 2
    new = new_store("new")
    new.folder.mkdir()
    shutil.copy(listed, new.folder)
    new.ingest(people / "logs")
    assert left(new) == OF_THE_OTHER
    found = cells(new.generation)
    assert [str(int(p, 16)) in found for p in pseudonyms].count(True) == 1


def test_another_key_and_a_damaged_list_are_refused(
    people: Path, forgotten: Path, new_store: Any
) -> None:
    """Else people would come back without a word."""
    store = new_store()
    shutil.copytree(forgotten, store.folder, symlinks=True)
    listed = store.folder / "forgotten.jsonl"
    good = listed.read_text()
    entry = json.loads(good)
    other = f"{int(entry['hash'][:2], 16) ^ 1:02x}{entry['hash'][2:]}"
    for text, what in (
        ("{}\n" + good, "damaged"),
        (json.dumps({**entry, "hash": other}) + "\n", "another key"),
    ):
        listed.write_text(text)
        result = run("ingest", people / "logs", *folder_of(store))
        assert result.exit_code == 3 and what in result.stderr, result.output
    listed.write_text(good + '{"kind": "reci')  # of a run that was killed
    assert run("ingest", people / "logs", *folder_of(store)).exit_code == 0


def test_nobody_and_unknown_people_are_told(two_people: Any) -> None:
    for arguments in ([], ["--recipient", "12345"], ["--recipient", "zoe"]):
        result = run("forget", *arguments, *folder_of(two_people))
        assert result.exit_code == 2 and "12345" not in result.output, result.output
    result = run("forget", "--tenant", "nobody", *folder_of(two_people))
    assert result.exit_code == 1 and "Nothing of them is stored" in result.stderr
    assert run("forget", "--tenant", "acme", "--data-dir", two_people.folder / "no").exit_code == 3
    assert len(left(two_people)) == 15


def test_an_answer_that_comes_with_a_later_file_stays_out(
    forgotten: Path, new_store: Any, write: Any, lines: Any
) -> None:
    """It names nobody: only the trace tells. A request that comes late takes its answer along. And
    what is of a later time than the command is loaded."""
    store = new_store("late")
    shutil.copytree(forgotten, store.folder, symlinks=True)
    store.ingest(
        write("edge.log", lines.edge("10:00:01", "a00000000000", agent="late/1.0")),
        write("sent.log", lines.sent("10:00:01", "a00000000001"), lines.sent("11:00:01", "f1")),
        write("later.log", lines.received("2100-01-01T10:00:00", "f3")),
    )
    of_others = [("app", "f3")]
    assert left(store) == [*OF_THE_OTHER[:2], ("app", "f1"), *of_others, *OF_THE_OTHER[2:]]
    store.ingest(write("received.log", lines.received("11:00:00", "f1")))
    assert left(store) == [*OF_THE_OTHER[:2], *of_others, *OF_THE_OTHER[2:]]
    assert sorted(store.column("select trace_id from responses")) == ["a00000000002"]
    assert store.unbalanced() == []


# Forgets, and kills itself before or after one step.
KILLED = """
import importlib, os, sys
from chertlog.ingest.cli import app
place, when = sys.argv.pop(1).split(), sys.argv.pop(1)
module = importlib.import_module("chertlog.ingest." + place[0])
inner = getattr(module, place[1])
def outer(*args, **kwargs):
    if when == "before":
        os.kill(os.getpid(), 9)
    inner(*args, **kwargs)
    os.kill(os.getpid(), 9)
setattr(module, place[1], outer)
app()
"""


@pytest.mark.parametrize(
    ("place", "when"),
    [
        ("forget remember", "after"),
        ("merge recompute", "before"),
        ("compact compact", "after"),
        ("publish _switch", "after"),
    ],
)
def test_killed_anywhere_the_next_run_finishes_it(
    people: Path, two_people: Any, place: str, when: str
) -> None:
    arguments = ["forget", "--recipient", "2025550143", "--data-dir", str(two_people.folder)]
    command = [sys.executable, "-c", KILLED, place, when, *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == -9, done.stderr.decode()
    seen = left(two_people)
    assert seen == OF_THE_OTHER or len(seen) == 15  # readers see all or nothing
    assert run("ingest", people / "logs", *folder_of(two_people)).exit_code == 0
    assert left(two_people) == OF_THE_OTHER
    assert two_people.sql("select count(*) from responses") == [(1,)]
    assert len(list((two_people.folder / "generations").iterdir())) == 1
    with duckdb.connect(str(two_people.folder / "work.duckdb"), read_only=True) as con:
        assert "compaction_due" not in dict(con.execute("from store.meta").fetchall())
