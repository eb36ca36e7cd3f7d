"""`chertlog schedule`: what it prints runs, in a shell and under systemd's own checker."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chertlog.ingest.cli import app


def said(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["schedule", *map(str, arguments)])
    assert result.exit_code == 0, result.stderr
    return result.stdout


@pytest.fixture
def odd(tmp_path: Path, lines: Any) -> Path:
    """Logs in a folder whose name means something to shells, to cron and to systemd."""
    folder = tmp_path / "100% of $HOME 'logs'"
    folder.mkdir()
    (folder / "app.log").write_bytes(lines.sent("10:00:00", "a00000000001"))
    return folder


def test_the_line_for_cron_runs(odd: Path, tmp_path: Path) -> None:
    data = tmp_path / "the data"
    line = said("--cron", odd / "*.log", "--data-dir", data, "--at", "2:05").splitlines()[-1]
    when, command = line.split(" ", 6)[:5], line.split(" ", 6)[6]
    assert when == ["05", "2", "*", "*", "*"] or when == ["5", "2", "*", "*", "*"]
    # cron takes the backslash off a percent sign, and gives the rest to sh.
    done = subprocess.run(
        ["/bin/sh", "-c", command.replace(r"\%", "%")],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        cwd=tmp_path,
    )
    # The data are old, so the check fires; nothing else is said.
    assert done.returncode == 1
    assert "stale_data" in done.stdout
    assert (data / "chertlog.duckdb").exists()


@pytest.mark.parametrize(("kind", "units"), [("--systemd", 2), ("--watch", 1)])
def test_units_are_systemds(
    kind: str, units: int, odd: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chertlog.toml").write_text(f'[alerts]\ntextfile = "{tmp_path}/prom/a.prom"\n')
    text = said(kind, odd, "--data-dir", tmp_path / "data")
    parts = text.split("# /etc/systemd/system/")[1:]
    assert len(parts) == units
    for part in parts:
        name, _, body = part.partition("\n")
        (tmp_path / name).write_text(body)
        unit = configparser.RawConfigParser(strict=False)
        unit.read_string(body)
        if name.endswith(".service"):
            command = unit["Service"]["ExecStart"]
            assert f'"{str(odd).replace("%", "%%").replace("$", "$$")}"' in command
            assert unit["Service"]["ReadWritePaths"] == f"{tmp_path}/data {tmp_path}/prom"
        if checker := shutil.which("systemd-analyze"):
            done = subprocess.run(
                [checker, "verify", "--man=no", str(tmp_path / name)],
                capture_output=True,
                text=True,
            )
            ours = [line for line in done.stderr.splitlines() if "chertlog" in line]
            assert ours == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["/var/log"], "say which"),
        (["--cron", "--systemd", "/var/log"], "say which"),
        (["--cron"], "no path given"),
        (["--cron", "/var/log", "--at", "25:00"], "'25:00' is no time of day"),
    ],
)
def test_wrong_use_is_said(arguments: list[str], why: str) -> None:
    result = CliRunner().invoke(app, ["schedule", *arguments])
    assert result.exit_code == 2
    assert why in result.stderr
