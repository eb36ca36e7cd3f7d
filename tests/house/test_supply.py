"""What chertlog stands on, and that it speaks to nobody: bounds, no network, loopback."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_every_dependency_has_a_lower_and_an_upper_bound() -> None:
    extras = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]
    needed = [line for line in (*PROJECT["dependencies"], *extras) if "chertlog[" not in line]
    unbounded = [
        line for line in needed if not re.fullmatch(r"[\w-]+(?:\[\w+\])?>=[\d.]+,<[\d.]+", line)
    ]
    assert unbounded == []


# Python with every way out of this machine shut: what asks for a name, or for an address that is
# not this machine's, ends the process with a code of its own.
SHUT = """
import os, sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        target = str(arguments)
        sys.stderr.write(f"network: {event} {target}\\n")
        sys.stderr.flush()
        os._exit(77)
sys.addaudithook(watch)
import runpy
sys.argv = ["chertlog", *sys.argv[1:]]
runpy.run_module("chertlog.ingest", run_name="__main__")
"""


def test_nothing_asks_the_network(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    line = {"ts": "2026-11-21T10:00:00Z", "event": "response.sent", "trace_id": "aa"}
    log.write_text(json.dumps({**line, "http.status": 200}) + "\n")
    for arguments in (
        ["ingest", "--final", str(log)],
        ["report", "--since", "all", "--html", "report.html"],
        ["sql", "select 1"],
        ["trace", "aa"],
        ["code", "4002"],
        ["prune", "--keep-days", "9000"],
    ):
        done = subprocess.run(
            [sys.executable, "-c", SHUT, *arguments], cwd=tmp_path, capture_output=True, check=False
        )
        assert done.returncode == 0, (arguments, done.stderr.decode()[-500:])
    page = (tmp_path / "report.html").read_text("utf-8")
    assert re.findall(r"""(?:src|href)=["']?https?:""", page) == []


def test_the_way_out_was_shut(tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    asking = SHUT.replace("import runpy", "import socket; socket.getaddrinfo('x.example', 80)")
    done = subprocess.run([sys.executable, "-c", asking], capture_output=True, check=False)
    assert done.returncode == 77


def test_the_dashboard_sends_nothing_and_listens_on_loopback() -> None:
    config = tomllib.loads((ROOT / "dashboard" / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["browser"]["gatherUsageStats"] is False
    from chertlog.ingest import cli

    default = cli.dashboard.__defaults__
    assert default is not None and "127.0.0.1" in default


@pytest.mark.parametrize(
    ("said", "code", "told"),
    [
        ('{"dependencies": []}', 0, "no known vulnerability"),
        ('{"dependencies": [{"name": "x", "skip_reason": "not found"}]}', 2, "knows none"),
        ("ConnectionError: cannot reach the advisories", 2, "could not be reached"),
        ("", 2, "could not be reached"),
    ],
    ids=["clean", "nothing judged", "no network", "silent"],
)
def test_the_audit_says_plainly_what_came_of_it(
    tmp_path: Path, said: str, code: int, told: str
) -> None:
    """With a pip-audit that says what it is told to."""
    fake = tmp_path / "pip-audit"
    status = 0 if said.startswith("{") else 1
    fake.write_text(f"#!/bin/sh\ncat <<'END'\n{said}\nEND\nexit {status}\n")
    fake.chmod(0o755)
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "audit.py"), str(fake)],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == code, done.stderr
    assert told in done.stdout + done.stderr and "Traceback" not in done.stderr


def test_a_vulnerability_is_named(tmp_path: Path) -> None:
    fake = tmp_path / "pip-audit"
    found = {
        "dependencies": [
            {"name": "good", "version": "1", "vulns": []},
            {"name": "bad", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]},
        ]
    }
    fake.write_text(f"#!/bin/sh\necho '{json.dumps(found)}'\nexit 1\n")
    fake.chmod(0o755)
    done = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "audit.py"), str(fake)],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 1
    assert "bad 2: PYSEC-1, mended in 3" in done.stdout
