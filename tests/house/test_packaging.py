"""What is installed is what stands in the three folders: all of it, and nothing else."""

import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SHIPPED = ("ingest", "queries", "dashboard")
# What the sdist needs besides: to be tested, and to be read.
ALONGSIDE = ("sample_logs", "tests", "docs", ".ci")
ROOT_FILES = (
    *("pyproject.toml", "mkdocs.yml", "Makefile", "LICENSE", "CHANGELOG.md", "MANIFEST.in"),
    ".gitignore",
)


def files(folder: str) -> set[str]:
    """The folder's files as `folder/…`, without what Python and editors leave behind."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name != ".DS_Store"
    }


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel, the wheel built from the sdist as for a release."""
    source = tmp_path_factory.mktemp("source")
    for folder in SHIPPED + ALONGSIDE:
        for name in files(folder):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    for path in {*(ROOT / name for name in ROOT_FILES), *ROOT.glob("*.md")}:
        shutil.copy2(path, source)
    out = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, source],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return out


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


def test_packages_are_the_folders_with_an_init() -> None:
    def packages(pattern: str) -> set[str]:
        """The folders that hold such a file, by their installed names."""
        paths = (Path(name) for folder in SHIPPED for name in files(folder))
        return {".".join(("chertlog", *p.parent.parts)) for p in paths if p.match(pattern)}

    listed = set(PROJECT["tool"]["setuptools"]["packages"])
    found = packages("__init__.py")
    assert packages("*.py") - found == set(), "Python files in a folder without __init__.py"
    assert found - listed == set(), "add these to `packages` in pyproject.toml"
    missing = listed - found
    assert missing == set(), "`packages` in pyproject.toml lists what is not there"


def test_wheel_holds_every_file_of_the_three_folders_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {f"chertlog/{name}" for folder in SHIPPED for name in files(folder)}
    assert expected - shipped == set(), "not in the wheel: see package-data in pyproject.toml"
    assert shipped - expected == set(), "in the wheel, but not in the folders"


def test_wheel_carries_the_licence_and_the_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        texts = {name.split(".dist-info/")[-1]: name for name in archive.namelist()}
        metadata = archive.read(texts["METADATA"]).decode()
        commands = archive.read(texts["entry_points.txt"]).decode()
        assert archive.read(texts["licenses/LICENSE"]) == (ROOT / "LICENSE").read_bytes()
    assert "License-Expression: Apache-2.0" in metadata
    assert "chertlog = chertlog.ingest.cli:main" in commands


def test_sdist_holds_what_it_takes_to_build_and_to_test(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        held = {name.split("/", 1)[-1] for name in archive.getnames()}
    expected = {name for folder in SHIPPED + ALONGSIDE for name in files(folder)}
    expected |= {*ROOT_FILES, *(path.name for path in ROOT.glob("*.md"))}
    assert expected - held == set(), "not in the sdist: see MANIFEST.in"


def test_only_the_prefixed_names_can_be_imported(wheel: Path, tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--target", tmp_path, wheel], check=True)

    def python(code: str) -> subprocess.CompletedProcess[str]:
        # -S: the tests' own environment has chertlog installed as editable, and must not answer.
        paths = [str(tmp_path), sysconfig.get_path("purelib")]
        return subprocess.run(
            [sys.executable, "-I", "-S", "-c", f"import sys; sys.path += {paths!r}\n{code}"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )

    found = python("import chertlog.queries as q; print(list(q.__path__))")
    assert found.stdout.strip() == repr([str(tmp_path / "chertlog" / "queries")]), found.stderr
    for folder in SHIPPED:
        bare = python(f"import {folder}")
        assert f"No module named '{folder}'" in bare.stderr, f"`import {folder}` must not work"


def test_every_requirement_has_a_reason_and_an_upper_bound() -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    for requirement in PROJECT["project"]["dependencies"]:
        (line,) = (line for line in lines if line.strip().startswith(f'"{requirement}"'))
        assert re.search(r"<\d", requirement), f"{requirement}: up to which release was it tested?"
        assert re.search(r"# \S", line), f"{requirement}: why is it here?"
