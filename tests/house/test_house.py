"""Rules of the house that no tool checks by itself."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("ingest", "queries", "dashboard", "sample_logs", "tests", "docs", ".ci")

# A path of somebody's machine works for nobody else, and a registry's address is the reader's to
# choose. (?:) and [.] keep these lines from finding themselves.
FORBIDDEN = {
    "a developer's folder": re.compile(r"(?<![\w.~-])/(?:)(?:home/\w+|Users/\w+|root|work)/"),
    "a folder outside the product": re.compile(r"[.][.]/sha(?:)red\b"),
    "a registry": re.compile(
        r"pypi[.]org|python(?:)hosted[.]org|registry[.]npm|deb[.]debian[.]org|/simple(?:)/"
        r"|index-(?:)url|trusted-(?:)host|find-(?:)links"
    ),
}


def texts() -> Iterator[tuple[str, int, str]]:
    """Every line of every text file of the product: path, line number, line."""
    paths = [path for path in ROOT.iterdir() if path.is_file()]
    paths += [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    for path in paths:
        if "__pycache__" in path.parts or path.stat().st_size > 4_000_000:
            continue
        if path.is_relative_to(ROOT / "sample_logs" / "real"):  # unchanged as others wrote them
            continue
        content = path.read_bytes()
        if b"\0" in content:  # compressed samples, pictures
            continue
        for number, line in enumerate(content.decode(errors="replace").splitlines(), start=1):
            yield path.relative_to(ROOT).as_posix(), number, line


def test_nothing_of_the_developers_machine_is_in_the_product() -> None:
    patterns = {**FORBIDDEN, "this checkout": re.compile(re.escape(f"{ROOT}/"))}
    found = [
        f"{path}:{number}: {what}: {line.strip()[:120]}"
        for path, number, line in texts()
        for what, pattern in patterns.items()
        if pattern.search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line",
    [
        "/home" + "/anna/chert/night.jsonl",
        "cp x /work" + "/main/",
        "file:///root" + "/.cache",
        "pip install --index" + "-url=x",
        "https://files.python" + "hosted.org/x.whl",
    ],
)
def test_the_patterns_find_what_they_are_for(line: str) -> None:
    assert any(pattern.search(line) for pattern in FORBIDDEN.values())


@pytest.mark.parametrize("line", ["DIR/work.duckdb", "/var/log/chert/", "a/work/b", "~/root/x"])
def test_the_patterns_leave_the_rest_alone(line: str) -> None:
    assert not any(pattern.search(line) for pattern in FORBIDDEN.values())


def test_the_dashboard_has_no_pages_folder() -> None:
    """Streamlit runs a file in `pages/` by itself, without app.py: ours stand in `screens/`."""
    assert not (ROOT / "dashboard" / "pages").exists()


def test_the_command_line_loads_no_dashboard() -> None:
    """The static contracts cannot see deferred imports, nor what a dependency drags in."""
    code = (
        "import sys, chertlog.ingest.cli; "
        "print(sorted({'streamlit', 'altair', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/")
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_the_import_contracts_are_kept() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
