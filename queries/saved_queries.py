"""Saved queries: those that come with chertlog, and an installation's own.

Each is a `.sql` file whose first comment is the question it answers. A line `Parameters: name =
value; …` names what may be set, as `$name` in the query, with the value it has otherwise. An
installation puts its own into DIR/queries; one of the same name replaces ours. Owns finding and
filling them in; they are asked like any SQL that people type.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from chertlog.queries.errors import BadDefinition, BadQuery
from chertlog.queries.sql_files import parse

OWN_FOLDER = "queries"
_MOST_BYTES = 100_000


@dataclass(frozen=True)
class Saved:
    """One query: the question it answers, its text, and its parameters with their values."""

    name: str
    title: str
    sql: str
    parameters: dict[str, str]

    def filled(self, values: dict[str, str] | None = None) -> str:
        """The SQL with its parameters in place, as literals. Raises BadQuery for an unknown one."""
        given = {**self.parameters, **(values or {})}
        if unknown := sorted(given.keys() - self.parameters.keys()):
            known = ", ".join(self.parameters) or "none"
            raise BadQuery(f"{self.name} has no parameter {unknown[0]!r}", next=f"it has: {known}")
        if not given:
            return self.sql
        names = "|".join(map(re.escape, given))
        return re.sub(
            rf"\$({names})\b", lambda m: "'" + given[m[1]].replace("'", "''") + "'", self.sql
        )


def saved_queries(data_dir: Path | None = None) -> dict[str, Saved]:
    """All saved queries by name; an installation's own that cannot be read is left out."""
    shipped = files("chertlog.queries") / "saved"
    texts = {entry.name: entry.read_text("utf-8") for entry in shipped.iterdir()}
    if data_dir is not None:
        for path in (data_dir / OWN_FOLDER).glob("*.sql"):
            try:
                if path.stat().st_size <= _MOST_BYTES:
                    texts[path.name] = path.read_text("utf-8")
            except (OSError, ValueError):
                continue
    found = (_read(name, texts[name]) for name in sorted(texts) if name.endswith(".sql"))
    return {saved.name: saved for saved in found if saved is not None}


def find_saved(name: str, data_dir: Path | None = None) -> Saved:
    """The saved query of that name. Raises BadQuery, naming one that is meant perhaps."""
    known = saved_queries(data_dir)
    if name not in known:
        close = get_close_matches(name, known, 1)
        raise BadQuery(
            f"no saved query {name!r}",
            next=f"did you mean @{close[0]}?" if close else "chertlog sql --saved lists them",
        )
    return known[name]


def _read(file_name: str, text: str) -> Saved | None:
    name = file_name.removesuffix(".sql")
    try:
        file = parse("saved", name, text.strip())
    except BadDefinition:  # no comment at its beginning: a query all the same
        sql = text.strip()
        return Saved(name, name.replace("_", " "), sql, {}) if sql else None
    pairs = (each.partition("=") for each in file.tags.get("Parameters", "").split(";") if each)
    return Saved(name, file.text, file.body, {k.strip(): v.strip() for k, _, v in pairs})
