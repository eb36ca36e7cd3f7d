"""Reads the packaged .sql files: header comment -> documentation, the rest -> body.

The header of a file is its documentation, and becomes `COMMENT ON` in the database:

    -- Errors by code, most frequent first.
    -- Grain: one row per error code.
    --
    -- A second paragraph is for readers of the file only.
    --
    -- error_code: integer in the body
    --   (a line indented by three continues the one above)
    select …

The first paragraph describes the relation; `Grain:`, `Parameters:` (macros) and `Next:` (checks)
are its tagged lines; `-- name: text` describes a column. Owns the parsing of headers; what is
done with them is up to `apply` and `checks`.
"""

import re
from dataclasses import dataclass, field
from importlib.resources import files

from chertlog.queries.errors import BadDefinition

_TAG = re.compile(r"^-- (Grain|Parameters|Next):(.*)$")
_COLUMN = re.compile(r"^-- ([a-z][a-z0-9_]*): (.*)$")
_CONTINUED = re.compile(r"^--   +(.*)$")


@dataclass
class SqlFile:
    """One packaged .sql file. `name` is the relation it defines."""

    name: str
    folder: str
    body: str
    text: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        return f"queries/{self.folder}/{self.name}.sql"

    @property
    def comment(self) -> str:
        """The relation's comment: grain first, then what it is."""
        grain = self.tags.get("Grain")
        return f"Grain: {grain} {self.text}" if grain else self.text


def read_folder(folder: str) -> list[SqlFile]:
    """Every .sql file of a packaged folder, by name. Works from a wheel and from a checkout."""
    entries = (files("chertlog.queries") / folder).iterdir()
    found = {entry.name: entry for entry in entries if entry.name.endswith(".sql")}
    return [
        parse(folder, name.removesuffix(".sql"), found[name].read_text("utf-8"))
        for name in sorted(found)
    ]


def parse(folder: str, name: str, source: str) -> SqlFile:
    """Split one file into documentation and body.

    Raises BadDefinition if there is no description, no body, or a column documented twice.
    """
    lines = source.splitlines()
    end = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    body = "\n".join(lines[end:]).strip().removesuffix(";")
    sql_file = SqlFile(name=name, folder=folder, body=body)
    _read_header(sql_file, lines[:end])
    if not sql_file.text or not body:
        raise BadDefinition("a .sql file needs a description and a body", where=sql_file.where)
    return sql_file


def _read_header(sql_file: SqlFile, lines: list[str]) -> None:
    prose: list[str] = []
    first_paragraph = True
    section: dict[str, str] | None = None
    key = ""
    for line in lines:
        if match := _TAG.match(line):
            section, key = sql_file.tags, match[1]
            section[key] = match[2].strip()
        elif match := _COLUMN.match(line):
            section, key = sql_file.columns, match[1]
            if key in section:
                raise BadDefinition(f"column {key} is documented twice", where=sql_file.where)
            section[key] = match[2].strip()
        elif (match := _CONTINUED.match(line)) and section is not None:
            section[key] += " " + match[1].strip()
        else:
            words = line.removeprefix("--").strip()
            section = None
            if not words:
                first_paragraph = first_paragraph and not prose
            elif first_paragraph:
                prose.append(words)
    sql_file.text = " ".join(prose)
