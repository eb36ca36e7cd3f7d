"""Pruning: as if the old lines had never been there, and nothing is removed by surprise."""

from __future__ import annotations

import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from chertlog.ingest import prune
from chertlog.ingest.cli import app

pytestmark = pytest.mark.usefixtures("no_sync")


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


TODAY = datetime.now(UTC).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)


def at(days: int, clock: str) -> str:
    """A time so many days ago."""
    return f"{TODAY - timedelta(days=days):%Y-%m-%d}T{clock}"


def old_and_new(lines: Any) -> tuple[list[bytes], list[bytes]]:
    """Lines before and after the day that is ten days ago; a trace and a chain cross it."""
    body = {"body_hash": "ff", "idempotency_key": "key-1"}
    old = [
        lines.received(at(40, "10:00:00"), "a00000000001"),
        lines.sent(at(40, "10:00:01"), "a00000000001", 503, code=3001),
        lines.received(at(11, "23:59:50"), "a00000000002", **body),
        lines.sent(at(11, "23:59:51"), "a00000000002", 503, code=4002, retry_after=9),
        lines.received(at(11, "23:59:59"), "a00000000003", **body),
        lines.edge(at(11, "23:59:59"), "a00000000004"),
    ]
    new = [
        lines.sent(at(10, "00:00:01"), "a00000000003", 503, code=4002),
        lines.received(at(10, "00:00:05"), "a00000000005", **body),
        lines.sent(at(10, "00:00:06"), "a00000000005"),
        lines.edge(at(10, "00:00:06"), "a00000000005"),
        lines.received(at(1, "10:00:00"), "a00000000006"),
        lines.sent(at(1, "10:00:01"), "a00000000006", 500, code=3002),
    ]
    return old, new


def test_it_is_as_if_the_old_lines_had_never_been_there(
    new_store: Any,
    write: Any,
    lines: Any,
    tmp_path: Path,
    differ: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether what it touched is computed anew, or, after much at once, all of it."""
    old, new = old_and_new(lines)
    app_lines = [line for line in old + new if line.startswith(b"{")]
    edge = [line for line in old + new if not line.startswith(b"{")]
    store, never = new_store("data"), new_store("never")
    logs = [write("app.log", *app_lines, b"broken\n"), write("edge.log", *edge)]
    store.ingest(*logs, write("all-old.log", old[0].replace(b"01", b"09"), b"broken, too\n"))
    kept = [line if line in new else b" " * (len(line) - 1) + b"\n" for line in app_lines]
    kept_edge = [line if line in new else b" " * (len(line) - 1) + b"\n" for line in edge]
    never.ingest(write("n/app.log", *kept, b"broken\n"), write("n/edge.log", *kept_edge))
    without = ("source_id", "path")
    wanted = never.export(tmp_path / "views", without=without)

    tried = run("prune", "--keep-days", 10, "--dry-run", "--data-dir", store.folder)
    assert tried.exit_code == 0 and "7 events" in tried.stderr, tried.output
    assert store.column("select count(*) from events") == [13]
    anew = new_store("anew")
    shutil.copytree(store.folder, anew.folder, symlinks=True)
    with monkeypatch.context() as patch:
        patch.setattr(prune, "PORTION_EVENTS", 1)
        assert run("prune", "--keep-days", 10, "--data-dir", anew.folder).exit_code == 0
    assert differ(wanted, anew.export(tmp_path / "views", without=without)) == {}
    result = run("prune", "--keep-days", 10, "--data-dir", store.folder)
    assert result.exit_code == 0 and "7 events and 1 rejected lines erased" in result.stderr
    assert differ(wanted, store.export(tmp_path / "views", without=without)) == {}
    assert store.unbalanced() == []
    assert len(list((store.folder / "generations").iterdir())) == 1
    files = [store.folder / "work.duckdb", store.generation]
    assert not [path for path in files if b"a00000000001" in path.read_bytes()]

    # The same files, and another with old lines, add nothing.
    again = run("ingest", "--final", *logs, "--data-dir", store.folder)
    assert again.exit_code == 0 and "Nothing new" in again.stderr, again.output
    more = run("ingest", "--final", write("old.log", *old[:5]), "--data-dir", store.folder)
    assert more.exit_code == 0 and "5 lines left out or removed" in more.stderr, more.output
    assert differ(wanted, store.export(tmp_path / "views", without=without)) == {}
    assert store.unbalanced() == []


def test_ingest_says_what_is_over_the_limit_and_removes_only_if_told(
    new_store: Any, write: Any, lines: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = new_store("data")
    path = write(
        "app.log", lines.sent(at(120, "10:00:00"), "a1"), lines.sent(at(1, "10:00:00"), "a2")
    )
    result = run("ingest", "--final", path, "--data-dir", store.folder)
    assert result.exit_code == 0
    assert "1 events are older than 90 days" in result.stderr and "chertlog prune" in result.stderr
    assert store.column("select count(*) from events") == [2]
    (tmp_path / "chertlog.toml").write_text("[parameters]\nretention_days = 200\n")
    assert "older" not in run("ingest", "--final", path, "--data-dir", store.folder).stderr
    (tmp_path / "chertlog.toml").write_text("keep_days = 100\n")
    result = run("ingest", "--final", path, "--data-dir", store.folder)
    assert result.exit_code == 0 and "1 lines left out or removed" in result.stderr, result.output
    assert store.column("select trace_id from events") == ["a2"]
    assert store.column("select erased from sources") == [1]


def test_the_limit_never_goes_back(new_store: Any, write: Any, lines: Any) -> None:
    store = new_store("data")
    store.ingest(write("app.log", lines.sent(at(120, "10:00:00"), "a1")))
    for name, age in (("audit.log.2", 11 * 86_400), ("audit.log.1", 60)):  # the record goes as well
        (store.folder / name).write_text("{}")
        os.utime(store.folder / name, (time.time() - age,) * 2)
    for days in (10, 100):
        assert run("prune", "--keep-days", days, "--data-dir", store.folder).exit_code == 0
    with duckdb.connect(str(store.folder / "work.duckdb"), read_only=True) as con:
        before = con.execute("select value from store.meta where key = 'pruned_before'").fetchall()
    assert before == [(str(TODAY - timedelta(days=10)),)]
    assert [path.name for path in store.folder.glob("audit.log*")] == ["audit.log.1"]
    assert run("prune", "--keep-days", 0, "--data-dir", store.folder).exit_code == 2
