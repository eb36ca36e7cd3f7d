"""The Makefile's commands: all listed by `make help`, all able to run, all known to the README."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z][a-z-]*):", MAKEFILE, flags=re.M)
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    # The make that runs these tests, if one does, hands its own flags down: not for this one.
    handed_down = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"}
    env = {name: value for name, value in os.environ.items() if name not in handed_down}
    return subprocess.run(["make", *arguments], capture_output=True, text=True, cwd=ROOT, env=env)


def commands_in(text: str) -> set[str]:
    """X of every `make X` in Markdown's code: between backticks, or a line of a fenced block."""
    fenced = "".join(text.split("```")[1::2])
    return set(re.findall(r"`make ([a-z-]+)", text)) | set(
        re.findall(r"^\s*(?:\$ )?make ([a-z-]+)", fenced, flags=re.M)
    )


def test_every_target_is_phony_and_nothing_else_is() -> None:
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, flags=re.M)
    assert sorted(phony.split()) == sorted(TARGETS)


@pytest.mark.parametrize("arguments", [(), ("help",)], ids=["make", "make help"])
def test_help_lists_every_target(arguments: tuple[str, ...]) -> None:
    done = make(*arguments)
    listed = re.findall(r"^  ([a-z-]+)  +\S", done.stdout, flags=re.M)
    assert sorted(listed) == sorted(TARGETS), done.stdout + done.stderr


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_knows_how_to_start(target: str) -> None:
    done = make("--dry-run", target)
    assert done.returncode == 0, done.stderr


def test_the_readme_names_the_commands_that_people_need() -> None:
    named = commands_in((ROOT / "README.md").read_text())
    assert {"demo", "dashboard", "test", "check", "truth", "bench"} <= named


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_no_command_that_does_not_exist(path: Path) -> None:
    assert commands_in(path.read_text()) <= set(TARGETS)
