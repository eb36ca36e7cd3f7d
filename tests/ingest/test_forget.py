"""Forgetting: as if the lines had never been there, in views and in bytes, and for good."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from chertlog.ingest.cli import app

# Of OTLP lines only some records go, so those behind them get other numbers in the comparison.
RENUMBERED = ("source_id", "event_id", "record_number", "path")


def run(*arguments: object, stdin: str | None = None) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


def digits(number: str) -> str:
    return re.sub(r"\D", "", number)


def fields(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
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
        self.traces: set[str] = set()
        for path in logs_of(logs):
            for line in content(path).splitlines():
                for record in records(line):
                    if is_named(record) and record.get("trace_id") not in (None, "-"):
                        self.traces.add(record["trace_id"])

    def write(self, folder: Path) -> Path:
        for path in logs_of(self.logs):
            target = folder / path.relative_to(self.logs).with_suffix("")
            target.parent.mkdir(parents=True, exist_ok=True)
            kept = [self._kept(line) for line in content(path).split(b"\n")]
            target.write_bytes(b"\n".join(kept))
        return folder

    def _goes(self, record: dict[str, Any]) -> bool:
        return record.get("trace_id") in self.traces or self.named(record)

    def _kept(self, line: bytes) -> bytes:
        if b"resourceLogs" not in line:
            goes = any(self._goes(record) for record in records(line))
            return b" " * len(line) if goes or shown_traces(line) & self.traces else line
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
