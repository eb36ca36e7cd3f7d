"""How lines become records with named fields: JSON, logfmt, tables, patterns, spans, bare text.

Owns: the SQL of each syntax (`syntaxes/*.sql`) filled in for the fields that are asked for, and the
SQL expression of each of these fields. What a field stands for is the field map's business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Protocol

SPAN_FIELDS = ("traceId", "kind", "name", "startTimeUnixNano", "endTimeUnixNano", "status.code")


class Syntax(Protocol):
    """Records in SQL, and where in them a field stands. Every expression is a VARCHAR."""

    @property
    def records(self) -> str: ...

    def has(self, name: str) -> bool:
        """Whether a line can have the field at all."""
        ...

    def expression(self, name: str) -> str: ...


@dataclass(frozen=True)
class Json:
    """One JSON object a record. `a.b` is a key of that name, or a key inside an object; `a[0]` the
    first of a list. With `mixed_dots` `a.b.c` can also be a key `a.b` with `c` inside, or `a` with
    `b.c`."""

    names: Sequence[str]
    mixed_dots: bool = False

    @property
    def records(self) -> str:
        return _text("json").replace("{schema}", literal(json.dumps(_schema(self._tree))))

    @property
    def _tree(self) -> dict[str, Any]:
        return _json_tree(tuple(self.names), self.mixed_dots)

    def has(self, name: str) -> bool:
        return True

    def expression(self, name: str) -> str:
        bare, listed = name.removesuffix("[0]"), name.endswith("[0]")
        places = _places(bare, mixed=self.mixed_dots)
        found = [_at(self._tree, place, listed=listed) for place in places]
        return f"coalesce({', '.join(found)})" if len(found) > 1 else found[0]


@dataclass(frozen=True)
class Pattern:
    """A regular expression for the whole line, and the name of each of its groups."""

    pattern: str
    names: Sequence[str]

    @property
    def records(self) -> str:
        names = ", ".join(literal(name) for name in self.names)
        text = _text("pattern").replace("{names}", f"[{names}]")
        return text.replace("{pattern}", literal(self.pattern))

    def has(self, name: str) -> bool:
        return name in self.names

    def expression(self, name: str) -> str:
        return f"p.{_quoted(name)}"


@dataclass(frozen=True)
class Logfmt:
    """Pairs of keys and values."""

    @property
    def records(self) -> str:
        return _text("logfmt")

    def has(self, name: str) -> bool:
        return True

    def expression(self, name: str) -> str:
        return f"p.cells[list_position(p.keys, {literal(name)})]"


@dataclass(frozen=True)
class Table:
    """Cells in the order of a header line."""

    columns: Sequence[str]
    separator: str
    header: str  # as it stands in the file
    time_at: int = 0  # which of the columns is the time

    @property
    def records(self) -> str:
        separator = literal(self.separator)
        if self.separator == "\t":
            cells, whole = f"string_split(row, {separator})", "true"
        else:
            cell = f'(?:"(?:[^"]|"")*"|[^"{re.escape(self.separator)}]*){re.escape(self.separator)}'
            pattern = literal(
                f"({cell[: -len(re.escape(self.separator))]}){re.escape(self.separator)}"
            )
            cells = f"regexp_extract_all(row || {separator}, {pattern}, 1)"
            # What a stray quote made the pattern pass over is missing from the sum of all cells.
            whole = "length(array_to_string(p, '')) + len(p) = length(row) + 1"
        return (
            _text("table")
            .replace("{header}", literal(self.header))
            .replace("{cells}", cells)
            .replace("{columns}", str(len(self.columns)))
            .replace("{whole}", whole)
        )

    @property
    def row(self) -> str:
        """A pattern (RE2) of a line that is a row by itself, with a time in its place."""
        other = re.escape(self.separator)
        cell = rf'(?:"(?:[^"]|"")*"|[^"{other}]*)'
        before, behind = self.time_at, len(self.columns) - self.time_at - 1
        time = rf'"?(?:[0-9]{{4}}[-/]|[0-9]{{2}}/[A-Z]|[0-9]{{9}})[^"{other}]*"?'
        return rf"^(?:{cell}{other}){{{before}}}{time}(?:{other}{cell}){{{behind}}}\r?$"

    def has(self, name: str) -> bool:
        return name in self.columns

    def expression(self, name: str) -> str:
        return f"unquoted_cell(p[{self.columns.index(name) + 1}])"


@dataclass(frozen=True)
class Spans:
    """OpenTelemetry spans: fields of the span itself begin with @, `exception.*` are those of its
    events, all others are attributes, of the span or else of its resource."""

    @property
    def records(self) -> str:
        return _text("spans")

    def has(self, name: str) -> bool:
        return True

    def expression(self, name: str) -> str:
        if name.startswith("@"):
            path = ".".join(_quoted(part) for part in name[1:].split("."))
            return f"p.s.{path}"
        key = literal(name)
        if name.startswith("exception."):
            return f"p.e[{key}]"
        return f"coalesce(p.a[{key}], p.r[{key}])"


@dataclass(frozen=True)
class Text:
    """Text of which only the wrapper knows something."""

    @property
    def records(self) -> str:
        return _text("text")

    def has(self, name: str) -> bool:
        return False

    def expression(self, name: str) -> str:
        return "null::varchar"


@dataclass
class _Node:
    is_leaf: bool = False
    is_list: bool = False
    inside: dict[str, _Node] = field(default_factory=dict)


@cache
def _places(name: str, *, mixed: bool) -> list[tuple[str, ...]]:
    """Where a name with dots can stand, as keys from the outermost in."""
    parts = name.split(".")
    if len(parts) < 3 or not mixed:
        return list(dict.fromkeys([(name,), tuple(parts)]))
    return [(name,)] + [
        (".".join(parts[:n]), *inside)
        for n in range(len(parts) - 1, 0, -1)
        for inside in _places(".".join(parts[n:]), mixed=True)
    ]


@cache
def _json_tree(names: tuple[str, ...], mixed_dots: bool) -> dict[str, Any]:
    """The keys that are read, as a tree. Of keys that differ in case alone one is read with the
    others left out: a struct of DuckDB cannot hold both."""
    tree: dict[str, _Node] = {}
    for name in names:
        bare = name.removesuffix("[0]")
        for place in _places(bare, mixed=mixed_dots):
            level, node = tree, _Node()
            for key in place:
                same = next((k for k in level if k.lower() == key.lower()), key)
                if same != key:
                    break
                node = level.setdefault(key, _Node())
                level = node.inside
            else:
                node.is_leaf = True
                node.is_list |= name.endswith("[0]")
    return dict(tree)


def _schema(tree: Mapping[str, _Node]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, node in tree.items():
        if node.inside and not node.is_leaf:
            found[key] = _schema(node.inside)
        else:
            found[key] = "JSON" if node.inside or node.is_list else "VARCHAR"
    return found


def _at(tree: Mapping[str, _Node], place: Sequence[str], *, listed: bool) -> str:
    """The text at a place; what is an object or a list there is none."""
    level, path = tree, "p"
    for number, key in enumerate(place):
        node = level.get(key)
        if node is None:  # a key of another case stands in its place
            inner = "".join(f'."{part}"' for part in place)
            has = f"p is not null and contains(line, {literal(json.dumps(place[-1]))})"
            return f"case when {has} then scalar(line ->> {literal('$' + inner)}) end"
        path += f".{_quoted(key)}"
        if (node.inside and node.is_leaf) or node.is_list:
            inner = "".join(f'."{part}"' for part in place[number + 1 :])
            inner += "[0]" if listed else ""
            return f"scalar({path} ->> {literal('$' + inner)})"
        level = node.inside
    return f"scalar({path})"


def literal(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@cache
def _text(name: str) -> str:
    folder = resources.files("chertlog.ingest").joinpath("syntaxes")
    return folder.joinpath(f"{name}.sql").read_text("utf-8")
