"""Room on the disk: refused before anything is written, and given back when much of it is free."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from chertlog.ingest import compact, space
from chertlog.ingest.cli import app

pytestmark = pytest.mark.usefixtures("no_sync")
DISK_USAGE = shutil.disk_usage


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def only_free(patch: pytest.MonkeyPatch, free: int) -> None:
    def usage(path: Path) -> Any:
        return DISK_USAGE(path)._replace(free=free)

    patch.setattr(shutil, "disk_usage", usage)


def test_a_load_that_does_not_fit_is_refused_before_it_begins(
    new_store: Any, write: Any, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known files need no room, whatever they are called now and however they are packed."""
    store = new_store("data")
    known = [lines.sent(f"10:00:{n % 60:02}", f"a{n:011x}") for n in range(300)]
    first = write("app.log", *known)
    store.ingest(first)
    first.rename(first.with_name("app.log.1"))
    (first.parent / "app.log.2.gz").write_bytes(gzip.compress(b"".join(known)))
    folder = ("--final", first.parent, "--data-dir", store.folder)
    with monkeypatch.context() as patch:
        only_free(patch, 13_000_000)  # what it takes to publish that they have new names
        again = run("ingest", *folder)
        assert again.exit_code == 0 and "2 already loaded" in again.stderr, again.output
    before = store.generation
    write("app.log", *known, *(line.replace(b'"a0', b'"b0') for line in known))
    text = sum(map(len, known))  # what is new of it: the second half
    needed = space.needed_for_load(store.folder, text)
    with monkeypatch.context() as patch:
        only_free(patch, needed - 1)
        refused = run("ingest", *folder)
        assert refused.exit_code == 3, refused.output
        for word in (str(store.folder), "are needed", "are free", "prune", "--data-dir"):
            assert word in refused.stderr, refused.stderr
        assert store.generation == before
        only_free(patch, needed)
        assert run("ingest", *folder).exit_code == 0
    assert store.column("select count(*) from events") == [600]


def test_the_estimate_covers_what_a_load_takes(clean_day: Any, new_store: Any) -> None:
    """The work file after it, with the copy, for the least favourable of the logs."""
    store = new_store("data")
    store.ingest(clean_day.logs / "truth.json")  # no log: an empty database
    work = store.folder / "work.duckdb"
    empty = work.stat().st_size
    files = [path for path in (clean_day.logs / "nginx").iterdir() if path.suffix != ".gz"]
    text = sum(path.stat().st_size for path in files)
    needed = space.needed_for_load(store.folder, text)
    assert store.ingest(*files).published
    assert text > 1_000_000
    filled = work.stat().st_size
    assert filled - empty + store.generation.stat().st_size <= needed < 5 * filled


# Ingests, and kills itself before or after one step.
KILLED = """
import importlib, os, sys
from chertlog.ingest.cli import app
module, name, when = sys.argv.pop(1), sys.argv.pop(1), sys.argv.pop(1)
module = importlib.import_module("chertlog.ingest." + module)
inner = getattr(module, name)
def outer(*args, **kwargs):
    if when == "after":
        inner(*args, **kwargs)
    os.kill(os.getpid(), 9)
setattr(module, name, outer)
app()
"""


def test_a_file_that_is_mostly_free_is_written_anew_and_survives_kills(
    new_store: Any, write: Any, lines: Any, tmp_path: Path, differ: Any
) -> None:
    store = new_store("data")
    first = write("a.log", *(lines.sent(f"10:00:{n:02}", f"a{n:011x}") for n in range(40)))
    store.ingest(first)
    work = store.folder / "work.duckdb"
    with duckdb.connect(str(work)) as con:  # as a recomputation leaves it
        con.execute("create table main.junk as select hash(range) as h from range(12_000_000)")
        con.execute("checkpoint")
        con.execute("create table main.last as select hash(range) as h from range(100_000)")
        con.execute("checkpoint")
        con.execute("drop table main.junk")
        con.execute("checkpoint")
    loose = work.stat().st_size
    assert loose > compact.LOOSE_BYTES
    more = write("b.log", *(lines.sent(f"11:00:{n:02}", f"b{n:011x}") for n in range(40)))
    arguments = ["ingest", "--final", str(more), "--data-dir", str(store.folder)]
    draft = store.folder / compact.DRAFT
    for place in (("compact", "_copy_facts", "before"), ("compact", "compact", "after")):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, *place, *arguments], capture_output=True, check=False
        )
        assert done.returncode == -9, done.stderr.decode()
        assert store.column("select count(*) from events") == [40], "readers see what was before"
        assert draft.exists() == (place[2] == "before"), "killed while it was written"
        assert (work.stat().st_size == loose) == (place[2] == "before")
    assert run(*arguments).exit_code == 0
    assert not list(store.folder.glob(f"{compact.DRAFT}*"))
    assert max(work.stat().st_size, store.generation.stat().st_size) < loose / 4
    assert len(list((store.folder / "generations").iterdir())) == 2, "nothing was erased"
    never = new_store("never")
    never.ingest(first, more)
    assert differ(store.export(tmp_path / "o"), never.export(tmp_path / "o")) == {}
    assert store.unbalanced() == []


def test_a_little_slack_is_left_alone() -> None:
    mebibyte = 1 << 20
    assert not compact.Room(used=10 * mebibyte, free=60 * mebibyte).is_loose
    assert not compact.Room(used=900 * mebibyte, free=300 * mebibyte).is_loose
    assert compact.Room(used=100 * mebibyte, free=100 * mebibyte).is_loose


def test_pruning_a_full_disk_makes_its_own_room(
    new_store: Any, write: Any, lines: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The earlier generation goes first. Where even that is too little, it says what to do."""
    store = new_store("data")
    old = [lines.sent(f"2020-01-01T10:00:{n:02}", f"a{n:011x}") for n in range(5)]
    store.ingest(write("a.log", *old, lines.sent("2099-01-01T10:00:00", "b1")))
    store.ingest(write("b.log", lines.sent("2099-01-01T10:00:01", "b2")))
    generations = store.folder / "generations"
    assert len(list(generations.iterdir())) == 2
    with monkeypatch.context() as patch:
        only_free(patch, 1000)
        full = run("prune", "--keep-days", 10, "--data-dir", store.folder)
    assert full.exit_code == 3, full.output
    assert "still" in full.stderr and "chertlog ingest" in full.stderr
    assert len(list(generations.iterdir())) == 1
    assert run("ingest", "--data-dir", store.folder, generations.parent.parent).exit_code == 0
    assert b"a00000000001" not in store.generation.read_bytes()
    assert sorted(store.column("select trace_id from events")) == ["b1", "b2"]
