"""Who can read what, whatever the umask; and that a reader of another account can read what is
published, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chertlog.ingest import modes
from chertlog.ingest.errors import WrongUse
from chertlog.ingest.modes import group_number
from chertlog.ingest.run import ingest
from chertlog.ingest.settings import Settings, load_settings

GROUP, STRANGER = 48_123, 48_124  # numbers that nobody has


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account can reach; pytest's own it cannot."""
    path = Path(tempfile.mkdtemp(prefix="chertlog-modes-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


WATCHED = """
import os, sys, stat, json
from chertlog.ingest import work
from chertlog.ingest.run import ingest
from chertlog.ingest.settings import Settings
from pathlib import Path
os.umask(int(sys.argv[3], 8))
data = Path(sys.argv[1])
seen = {}
def look(*_):
    for path in data.rglob("*"):
        if not path.is_symlink():
            found = oct(stat.S_IMODE(path.stat().st_mode))
            seen.setdefault(str(path.relative_to(data)), set()).add(found)
from chertlog.ingest import run
class Look(run.Silent):
    def stage(self, text): look()
    def read(self, path, position): look()
ingest([sys.argv[2]], Settings(data), final=True, reporter=Look())
look()
print(json.dumps({name: sorted(found) for name, found in seen.items()}))
"""


@pytest.mark.parametrize("umask", ["0", "077"])
def test_no_umask_decides(folder: Path, lines: Any, umask: str, monkeypatch: Any) -> None:
    """While the run goes on, too: the write-ahead log, the key's draft, the spill."""
    monkeypatch.delenv("CHERTLOG_PSEUDONYM_KEY")
    (folder / "a.log").write_bytes(lines.received("10:00:00", "a1") + lines.sent("10:00:01", "a1"))
    data = folder / "data"
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(data), str(folder / "a.log"), umask],
        capture_output=True,
        check=True,
    )
    seen = json.loads(done.stdout)
    wanted = {
        "generations": "0o750",
        "generations/000001.duckdb": "0o440",
        "tmp": "0o700",
        "work.duckdb": "0o600",
        "work.duckdb.wal": "0o600",
        "pseudonym.key": "0o600",
        "ingest.lock": "0o600",
    }
    assert {
        name: found for name, found in seen.items() if found != [wanted.get(name, "0o600")]
    } == {}
    assert wanted.keys() <= seen.keys()
    assert mode(data) == 0o710


def test_a_folder_that_holds_other_things_stays_as_it_is(folder: Path, lines: Any) -> None:
    (folder / "a.log").write_bytes(lines.sent("10:00:01", "a1"))
    (folder / "other").mkdir()
    ingest([str(folder / "a.log")], Settings(folder), final=True)
    assert mode(folder) == 0o755
    assert mode(folder / "work.duckdb") == 0o600


READER = """
import json, os, sys
import duckdb
from pathlib import Path
from chertlog.queries.database import connect
gid, uid = int(sys.argv[2]), int(sys.argv[3])
os.setgroups([]); os.setgid(gid); os.setuid(uid)  # Python itself may lie where the other cannot go
data = Path(sys.argv[1])
def can(do):
    try:
        do()
        return True
    except Exception:
        return False
print(json.dumps({
    "published": can(lambda: connect(data).rows("select * from responses")),
    "list": can(lambda: list(data.iterdir())),
    "work": can(lambda: (data / "work.duckdb").read_bytes()),
    "key": can(lambda: (data / "pseudonym.key").read_bytes()),
    "write": can(lambda: (data / "generations" / "x").touch()),
    "overwrite": can(lambda: (data / "chertlog.duckdb").open("r+b")),
    "remove": can(lambda: (data / "chertlog.duckdb").unlink()),
}))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
@pytest.mark.parametrize(("gid", "reads"), [(GROUP, True), (STRANGER, False)])
def test_another_account_reads_what_is_published_and_nothing_else(
    folder: Path, lines: Any, gid: int, reads: bool
) -> None:
    (folder / "a.log").write_bytes(lines.sent("10:00:01", "a1"))
    settings = Settings(folder / "data", group=str(GROUP))
    ingest([str(folder / "a.log")], settings, final=True)
    done = subprocess.run(
        [sys.executable, "-c", READER, str(folder / "data"), str(gid), str(STRANGER)],
        capture_output=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr.decode()[-600:]
    nothing = dict.fromkeys(["list", "work", "key", "write", "overwrite", "remove"], False)
    found = json.loads(done.stdout)
    assert {name: found[name] for name in nothing} == nothing
    assert found["published"] is reads


def test_a_group_is_read_from_the_file_and_must_exist(tmp_path: Path) -> None:
    config = tmp_path / "chertlog.toml"
    config.write_text('group = "support"\nkeep_days = 30\n')
    settings = load_settings(config=config)
    assert (settings.group, settings.keep_days) == ("support", 30)
    with pytest.raises(WrongUse, match="no group"):
        group_number("no-such-group")
    for text in ("group = 7", "keep_days = 0", 'keep_days = "90"'):
        config.write_text(text)
        with pytest.raises(WrongUse):
            load_settings(config=config)


def test_a_group_one_is_not_in_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modes.os, "geteuid", lambda: 1234)
    with pytest.raises(WrongUse, match="not in the group"):
        group_number(str(GROUP))
    assert group_number(None) == -1
