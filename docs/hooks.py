"""Writes the pages of the documentation site that would go stale if somebody wrote them.

Views and macros come from the headers of their SQL files, commands from their --help, parameters
and codes from their tables, and README, ARCHITECTURE and CHANGELOG from where they stand. MkDocs
calls this while it builds (mkdocs.yml); nothing of it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from chertlog.queries.apply import apply_views, create_schema, load_seeds
from chertlog.queries.database import Connection
from chertlog.queries.relations import Relation, columns, relations
from chertlog.queries.seed_files import read_seed

ROOT = Path(__file__).parents[1]
# Files beside docs/, and what they are called in the site.
BESIDE = {
    "README.md": "overview.md",
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is written here to what stands in docs/."""
    pages = {name: moved((ROOT / path).read_text("utf-8")) for path, name in BESIDE.items()}
    pages |= {
        "reference/views.md": views(),
        "reference/commands.md": commands(),
        "reference/parameters.md": parameters(),
        "reference/codes.md": codes(),
    }
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Lead links from docs/ to the files beside it to their pages here."""
    for path, name in BESIDE.items():
        markdown = markdown.replace(f"](../{path}", f"]({name}")
    return markdown


def moved(text: str) -> str:
    """A file from beside docs/, with its links as they are from inside."""
    text = re.sub(r"\]\(docs/", "](", text)
    for path, name in BESIDE.items():
        text = text.replace(f"]({path}", f"]({name}")
    return re.sub(r"\[(\w+)\]\(LICENSE\)", r"\1", text)


def views() -> str:
    """Every view and macro, as a fresh database describes them."""
    with duckdb.connect() as con:
        create_schema(con)
        load_seeds(con)
        apply_views(con)
        db = Connection(con, Path())
        parts = [
            "# Views and macros\n\nEverything is in schema `main` of the published database; times "
            "are UTC. "
            "`chertlog views NAME` says the same in a terminal, with an example and a few rows.\n"
        ]
        for relation in relations(db):
            parts += _relation(relation, db)
    return "\n".join(parts)


def _relation(relation: Relation, db: Connection) -> Iterator[str]:
    yield f"## `{relation.title}`\n"
    if relation.grain:
        yield f"Grain: {_prose(relation.grain)}\n"
    yield f"{_prose(relation.text)}\n"
    found = columns(db, relation.name) if relation.kind == "view" else []
    if found:
        rows = [(f"`{name}`", f"`{kind}`", _prose(text)) for name, kind, text in found]
        yield _table(("Column", "Type", "Holds"), rows)
    if relation.example:
        yield f'```sh\nchertlog sql "{relation.example}"\n```\n'


def commands() -> str:
    """Every command's own --help."""
    from typer.testing import CliRunner

    from chertlog.ingest.cli import app

    runner = CliRunner(env={"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"})
    names = [str(each.name or each.callback.__name__) for each in app.registered_commands]
    parts = ["# Commands\n\nAs each says with `--help`.\n"]
    for name in names:
        said = runner.invoke(app, [name, "--help"]).output
        parts.append(f"## `chertlog {name}`\n\n```text\n{said.strip()}\n```\n")
    return "\n".join(parts)


def parameters() -> str:
    """Every threshold; the table that a new database begins with."""
    rows = [
        (
            f"`{r['parameter']}`",
            r["default_value"],
            r["unit"],
            _prose(r["meaning"]),
            _prose(r["origin"]),
        )
        for r in read_seed("parameters")
    ]
    return (
        "# Parameters\n\nEvery threshold that the numbers rest on. Section `[parameters]` of "
        "`chertlog.toml` changes one; the view `parameters` shows those in force.\n\n"
        + _table(("Parameter", "Default", "Unit", "Decides", "Comes from"), rows)
    )


def codes() -> str:
    """The catalogue of error codes."""
    rows = [
        (
            r["error_code"],
            f"`{r['error_type']}`" + ("" if r["name_source"] == "reference" else " (our name)"),
            r["http_statuses"].replace("|", ", "),
            {"true": "↻ yes", "false": "✕ no"}[r["retryable"]],
            r["error_class"],
            _prose(r["meaning"]),
            _prose(r["action"]),
        )
        for r in read_seed("error_codes")
    ]
    return (
        f"# Error codes\n\nThe {len(rows)} codes of the API reference, as `chertlog code NUMBER` "
        "tells them. Whether a request may be repeated stands in its answer; *retryable* is the "
        "default.\n\n"
        + _table(("Code", "Name", "HTTP", "Retryable", "Class", "Meaning", "What to do"), rows)
    )


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _prose(text: str) -> str:
    """Words of ours that are no Markdown: shown as they are, in a cell of a table too."""
    plain = re.sub(r"([\\`*_{}\[\]#|])", r"\\\1", " ".join(text.split()))
    return plain.replace("<", "&lt;").replace(">", "&gt;")
