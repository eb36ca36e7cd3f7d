"""README and ARCHITECTURE say what is so: commands, views, modules, settings, links, exit codes."""

import ast
import re
import tomllib
from collections import defaultdict
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import duckdb
import pytest
import typer

from chertlog.ingest.cli import app
from chertlog.ingest.settings import KEYS
from chertlog.queries.alerting.destinations import AlertSettings
from chertlog.queries.alerting.rules import COLUMNS, packaged_rules
from chertlog.queries.apply import apply_views, create_schema, load_seeds
from chertlog.queries.cli_errors import COULD_NOT_RUN, INTERRUPTED
from chertlog.queries.errors import ChertlogError
from chertlog.queries.seed_files import read_seed
from chertlog.queries.sql_files import parse

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
PACKAGES = ("ingest", "queries", "dashboard")
SOURCES = [
    path
    for folder in PACKAGES
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".py", ".sql") and "__pycache__" not in path.parts
]
# What stands at the top of a checkout without being ours to describe.
UNDESCRIBED = {"build", "dist", "shots", "site"}


def in_code(text: str) -> str:
    """What Markdown shows as code: fenced blocks, and spans between backticks."""
    parts = text.split("```")
    spans = re.findall(r"`([^`\n]+)`", "".join(parts[::2]))
    return "\n".join([*parts[1::2], *spans])


def table(text: str, heading: str) -> dict[str, list[str]]:
    """The rows of the table whose first column is called `heading`, by that column."""
    lines = text.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    rows: dict[str, list[str]] = {}
    for line in lines[first + 2 :]:
        if not line.startswith("|"):
            break
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        rows[cells[0].strip("`")] = cells[1:]
    return rows


def commands() -> dict[str, typer.models.CommandInfo]:
    return {
        str(info.name or getattr(info.callback, "__name__", "")): info
        for info in app.registered_commands
    }


def grains() -> dict[str, str]:
    """The grain of every view, as a fresh database says it."""
    with duckdb.connect() as con:
        create_schema(con)
        load_seeds(con)
        apply_views(con)
        rows = con.execute(
            "select view_name, comment from duckdb_views() "
            "where schema_name = 'main' and not internal"
        ).fetchall()
    return {name: re.sub(r"^Grain: (.*?\.)(?: .*)?$", r"\1", comment) for name, comment in rows}


def macros() -> set[str]:
    return {path.stem for path in (ROOT / "queries" / "macros").glob("*.sql")}


def test_every_command_is_in_the_readme_and_every_one_in_the_documents_exists() -> None:
    known = set(commands())
    assert known - set(re.findall(r"chertlog ([a-z]+)", in_code(README))) == set()
    for path in DOCUMENTS:
        named = re.findall(r"(?:^|[$/ ])chertlog ([a-z]+)", in_code(path.read_text("utf-8")), re.M)
        assert set(named) - known == set(), path.name


def test_every_option_in_the_documents_exists() -> None:
    group = typer.main.get_group(app)
    ours = {"--help", "--version"}
    for command in group.commands.values():
        for parameter in command.params:
            ours |= {*parameter.opts, *parameter.secondary_opts}
    server = (ROOT / "dashboard" / "server.py").read_text("utf-8")
    others = {"--editable", *re.findall(r'"(--[a-z-]+)"', server)}  # pip's, and the server's own
    for path in DOCUMENTS:
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", in_code(path.read_text("utf-8"))))
        assert named - ours - others == set(), path.name


def test_the_table_of_views_is_that_of_the_database() -> None:
    written = {name: cells[0] for name, cells in table(README, "View").items()}
    assert written == grains()


def test_every_macro_is_in_the_readme() -> None:
    code = in_code(README)
    assert {name for name in macros() if not re.search(rf"\b{name}\b", code)} == set()


def test_every_folder_and_module_has_its_phrase() -> None:
    tree = next(block for block in ARCHITECTURE.split("```")[1::2] if "sample_logs/" in block)
    described = defaultdict[str, set[str]](set)
    top = ""
    for line in tree.splitlines()[1:]:
        if match := re.match(r"(    )?([\w.]+/?) {2,}\S", line):
            top = top if match[1] else match[2].rstrip("/")
            described[top].add(match[2] if match[1] else "")
    real = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.endswith(".egg-info")
        if not path.name.startswith((".", "chertlog-"))
    }
    assert real - UNDESCRIBED - set(described) == set(), "folders without a phrase"
    for folder, names in described.items():
        for name in names:
            assert (ROOT / folder / name).exists(), f"{folder}/{name} is described and not there"
    for folder in ("ingest", "queries"):
        # A package's own __init__ says what the package is; queries' is its public door.
        modules = {path.name for path in (ROOT / folder).glob("*.py")} - {"__init__.py"}
        folders = {f"{path.name}/" for path in (ROOT / folder).iterdir() if path.is_dir()}
        missing = (modules | folders) - described[folder] - {"__pycache__/"}
        assert missing == set(), f"{folder}: without a phrase in ARCHITECTURE.md"


def test_every_file_that_the_documents_name_exists() -> None:
    path_like = re.compile(r"(?<![\w/.-])(?:ingest|queries|dashboard|tests|sample_logs)/[\w./]*")
    for path in DOCUMENTS:
        named = {name.rstrip(".") for name in path_like.findall(in_code(path.read_text("utf-8")))}
        missing = {name for name in named if "NAME" not in name and not (ROOT / name).exists()}
        assert missing == set(), path.name


def test_every_key_of_the_configuration_is_documented() -> None:
    assert set(table(README, "Key in `chertlog.toml`")) == KEYS
    example = re.search(r"```toml\n(.*?)```", README, re.S)
    assert example is not None
    values = tomllib.loads(example[1])
    assert values.keys() <= KEYS
    assert values["parameters"].keys() <= {row["parameter"] for row in read_seed("parameters")}


def test_alerts_are_documented_as_they_are() -> None:
    """The rules, the settings, and the example of a rule, which can be asked."""
    text = (ROOT / "docs" / "alerts.md").read_text("utf-8")
    assert set(table(text, "Rule")) == {rule.name for rule in packaged_rules()}
    defaults = {each.name: each.default for each in fields(AlertSettings)}
    documented = {name: cells[1].strip("`") for name, cells in table(text, "Key").items()}
    assert documented.keys() == defaults.keys()
    for name, default in defaults.items():
        shown = "[]" if default == () else "none" if default is None else default
        assert documented[name] == shown, name
    example = re.search(r"```sql\n(.*?)```", text, re.S)
    assert example is not None
    rule = parse("alerts", "example", example[1])
    assert set(COLUMNS) == set(re.findall(r"as (\w+)", rule.body.partition("from responses")[0]))
    assert set(table(text, "Column")) == set(COLUMNS)


def test_every_environment_variable_is_documented() -> None:
    used = {
        name
        for path in SOURCES
        for name in re.findall(r"\bCHERTLOG_[A-Z]+(?:_[A-Z]+)*\b", path.read_text("utf-8"))
    }
    assert set(table(README, "Environment variable")) == used


def test_every_parameter_has_an_effect() -> None:
    code = "\n".join(path.read_text("utf-8") for path in SOURCES)
    names = {row["parameter"] for row in read_seed("parameters")}
    assert {name for name in names if f"'{name}'" not in code} == set()


def test_the_table_of_exit_codes_is_that_of_the_classes() -> None:
    raised = defaultdict[int, set[str]](set)
    for name in error_classes():
        module, _, class_name = name.rpartition(".")
        found = getattr(import_module(module), class_name)
        assert issubclass(found, ChertlogError)
        raised[found.exit_code].add(class_name)
    rows = table(README, "Code")
    written = {int(code): set(re.findall(r"`(\w+)`", cells[1])) for code, cells in rows.items()}
    assert {code: names for code, names in written.items() if names} == raised
    assert {0, COULD_NOT_RUN, INTERRUPTED} <= set(written)


def error_classes() -> set[str]:
    """Every ChertlogError of the command line, found in the text: importing all would take long."""
    known = {"ChertlogError": "chertlog.queries.errors.ChertlogError"}
    trees = {
        f"chertlog.{'.'.join(path.relative_to(ROOT).with_suffix('').parts)}": path.read_text(
            "utf-8"
        )
        for path in SOURCES
        if path.suffix == ".py" and "dashboard" not in path.parts[len(ROOT.parts) :]
    }
    for _ in range(3):  # a subclass of a subclass may stand before it
        for module, text in trees.items():
            if not any(f"({name})" in text for name in known):
                continue
            for node in ast.walk(ast.parse(text)):
                bases = {b.id for b in getattr(node, "bases", []) if isinstance(b, ast.Name)}
                if isinstance(node, ast.ClassDef) and bases & set(known):
                    known[node.name] = f"{module}.{node.name}"
    return set(known.values())


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_images_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8"))
    relative = [target for target in targets if not re.match(r"[a-z]+:", target)]
    # Pages of the reference are written while the site is built, and checked there.
    here = [target for target in relative if not target.startswith("reference/")]
    missing = [t for t in here if not (path.parent / t.partition("#")[0]).exists()]
    assert missing == []


def test_the_changelog_says_which_columns_changed_in_every_release() -> None:
    releases = (ROOT / "CHANGELOG.md").read_text("utf-8").split("\n## [")[1:]
    assert releases[0].startswith("Unreleased]")
    for release in releases[1:]:
        assert re.search(r"^### Columns\n\n- \S", release, re.M), release.partition("]")[0]
