"""What the tutorial and the explanation show is what their commands say about that day."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chertlog.ingest.cli import app
from chertlog.queries.tables import draw_rows

from .conftest import Published

DOCS = Path(__file__).parents[2] / "docs"


def examples(name: str) -> list[tuple[str, list[str]]]:
    """Each command of the page's console blocks that shows what it prints, with that."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", (DOCS / name).read_text("utf-8"), re.S):
        for part in block.split("$ ")[1:]:
            command, *output = part.rstrip("\n").split("\n")
            while command.count('"') % 2:  # a question over several lines
                command = f"{command}\n{output.pop(0)}"
            if output:
                found.append((command, output))
    return found


def printed(command: str, day: Published) -> list[str]:
    """What a command prints; plain SELECTs are asked here, without the child process."""
    name, *arguments = shlex.split(command)[1:]
    if name == "sql":
        rows = day.rows(arguments[0])
        cells = [tuple(row.values()) for row in rows]
        if arguments[1:] == ["--format", "csv"]:
            (column,) = rows[0]
            return [column, *(f'"{text}"' for (text,) in cells)]
        assert arguments[1:] == []
        return draw_rows(list(rows[0]), cells).splitlines()
    said = CliRunner().invoke(app, [name, *arguments])
    assert said.exit_code == 0, said.stderr
    return said.stdout.splitlines()


@pytest.mark.parametrize(("name", "count"), [("tutorial.md", 5), ("storms.md", 6)])
def test_what_is_shown_is_what_is_said(
    day: Published, monkeypatch: pytest.MonkeyPatch, name: str, count: int
) -> None:
    """`…` stands for lines that are left out."""
    monkeypatch.setenv("CHERTLOG_DATA_DIR", str(day.data_dir))
    shown = examples(name)
    assert len(shown) == count
    for command, output in shown:
        said = [line.rstrip() for line in printed(command, day)]
        pattern = "".join(
            "(?:.*\n)*" if line == "…" else re.escape(line.rstrip()) + "\n" for line in output
        )
        assert re.fullmatch(pattern, "\n".join(said) + "\n"), (command, said)


def test_the_sentences_about_it(day: Published) -> None:
    """What the text says besides, in figures."""
    text = (DOCS / "storms.md").read_text("utf-8")
    assert "Before 01:49 there had been no retry for forty minutes" in text
    (quiet,) = day.rows(
        "select sum(retries)::bigint as n from retry_minutes where tenant_id = 'tenant-04' "
        "and minute between '2026-11-21 01:09' and '2026-11-21 01:48'"
    )
    assert quiet["n"] == 0
    limits = day.rows("select parameter, value from parameters")
    value = {row["parameter"]: row["value"] for row in limits}
    for words in (
        f"At least {value['storm_retries_5m']:g} retries of the tenant in five minutes and "
        f"{value['storm_retries_1m']:g} in the minute (or "
        f"{value['storm_retries_10s']:g} within ten seconds)",
        f"At least {value['amplification_storm']:g} attempts an operation",
        f"At least {value['storm_z']:g} robust standard deviations",
        f"still stand {value['storm_edge_z']:g} deviations above",
        f"episodes up to {value['storm_merge_gap_min']:g} minutes apart are one",
        f"slow storms of {value['storm_slow_retries']:g} retries and more",
        f"retries went on for {value['metastable_after_min']:g} minutes and more",
        f"most first attempts fail for {value['metastable_long_min']:g} minutes and more",
    ):
        assert words in " ".join(text.split()), words
    assert value["storm_verdict_share"] == 0.5 and value["storm_slow_window_min"] == 180
