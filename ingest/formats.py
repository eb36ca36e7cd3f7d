"""The log formats there are, Chert's own and everybody else's.

Owns: the list. A format is how a line becomes named fields (`syntax`) and what the fields stand for
(`fieldmap`); Chert's own logs have readers of their own. What may be wrapped around the lines is
`wrapper`'s business, which format a file is in `detection`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import resources

from chertlog.ingest.fieldmap import FieldMap, compile_map, shipped, syntaxes_of, table_of
from chertlog.ingest.log_format import SHIPPED, is_apache, named_templates
from chertlog.ingest.syntax import Pattern, Spans, Syntax, Table, Text
from chertlog.ingest.wrapper import Wrapper, rows

Lines = Sequence[str]

# How much a format fits that is not its own: the narrow ones are looked at first.
NARROW, LOGGER, GENERIC, ANY_TEXT = range(4)


@dataclass(frozen=True)
class Format:
    """A log format: its name, its SQL, and how many of some lines look like it."""

    name: str
    title: str
    example: str
    reader: Callable[[bool], str] = field(compare=False, repr=False)  # the SQL, for wrapped lines?
    # Of lines, and whether a wrapper knows their time: the lines then need not have one.
    count: Callable[[Lines, bool], int] = field(compare=False, repr=False)
    map: FieldMap | None = field(default=None, compare=False, repr=False)
    wrappers: tuple[Wrapper, ...] = ()
    breadth: int = NARROW
    counts_records: bool = False  # a line holds many: lines and records are not the same number
    needs_outer_time: bool = False
    # Of a table: the format with the columns that the first lines of a file name.
    bind: Callable[[Lines], Format | None] | None = field(default=None, compare=False, repr=False)

    @cached_property
    def sql(self) -> str:
        """The reader: a `select` over the relation `lines`."""
        return self.reader(bool(self.wrappers))

    @property
    def statement(self) -> tuple[bool, str]:
        """What files must have in common to be read together: columns of lines, and the SQL."""
        return bool(self.wrappers), self.sql

    def inside(self, layer: Wrapper) -> Format:
        """The same format with one more wrapper around it."""
        wrapped = (layer, *self.wrappers)
        return replace(self, name=f"{layer.name} > {self.name}", wrappers=wrapped)


def formats(
    log_formats: Sequence[str] = SHIPPED, own: Mapping[str, FieldMap] | None = None
) -> list[Format]:
    """Return the known formats, in the order in which they are tried.

    `log_formats` are templates of nginx and Apache, `own` the user's field maps; one with the name
    of a shipped map takes its place.
    """
    maps = dict(own or {}) | {n: m for n, m in shipped().items() if n not in (own or {})}
    mine = [made for name in own or {} for made in _of_map(maps[name])]
    templates = [made for given in _templates(log_formats, maps) for made in _of_map(given)]
    named = {made.name for made in (*mine, *templates)}
    rest = [
        made for name, map_ in maps.items() if name not in (own or {}) for made in _of_map(map_)
    ]
    return [
        *mine,
        Format(
            name="app",
            title="Chert application log (NDJSON)",
            example='{"ts":"2026-11-21T00:00:00.000000Z","event":"response.sent","trace_id":"…",…}',
            reader=lambda _: _text("app"),
            count=lambda lines, _: sum(map(_looks_like_app, lines)),
        ),
        Format(
            name="otlp",
            title="OpenTelemetry logs, Collector file exporter (OTLP/JSON lines)",
            example='{"resourceLogs":[{"scopeLogs":[{"logRecords":[…]}]}]}',
            reader=lambda _: _text("otlp"),
            count=lambda lines, _: sum(map(_looks_like_otlp, lines)),
            counts_records=True,
        ),
        *templates,
        *(made for made in rest if made.name not in named),
    ]


def matching(lines: Lines, patterns: Sequence[str]) -> int:
    """How many lines all patterns are found in. RE2 looks: no pattern can take for ever."""
    import pyarrow as pa
    import pyarrow.compute as pc

    # Not pa.array, which imports pandas first.
    texts = pc.split_pattern(pa.scalar("\n".join(lines)), "\n").values
    for pattern in patterns:
        texts = texts.filter(pc.match_substring_regex(texts, pattern))
    return len(texts)


def _templates(log_formats: Sequence[str], maps: Mapping[str, FieldMap]) -> list[FieldMap]:
    return [
        replace(maps["apache" if is_apache(text) else "nginx"], templates={name: text})
        for name, text in named_templates(log_formats).items()
    ]


def _of_map(map_: FieldMap) -> list[Format]:
    """The formats that a map makes: one for each of its syntaxes, patterns and templates."""
    made = [_format(map_, name, syntax) for name, syntax in syntaxes_of(map_).items()]
    for syntax in map_.syntaxes:
        if syntax in ("csv", "tsv"):
            made.append(_unbound(map_, syntax))
    return made


def _format(map_: FieldMap, name: str, syntax: Syntax) -> Format:
    variant = name.partition(":")[2]
    example = map_.templates.get(variant) or map_.example
    return Format(
        name=name,
        title=f"{map_.title}: {variant}" if variant else map_.title,
        example=example,
        reader=lambda wrapped: compile_map(map_, syntax, wrapped=wrapped),
        count=lambda lines, has_time: _count(map_, syntax, lines, has_time),
        map=map_,
        breadth=_breadth(map_),
        counts_records=isinstance(syntax, Spans),
        needs_outer_time=isinstance(syntax, Text),
    )


def _breadth(map_: FieldMap) -> int:
    """Access logs are told by what they alone have; loggers are much like each other."""
    if "text" in map_.syntaxes:
        return ANY_TEXT
    if map_.generic:
        return GENERIC
    return LOGGER if map_.log == "app" and map_.name in shipped() else NARROW


def _unbound(map_: FieldMap, syntax: str) -> Format:
    def bind(lines: Lines) -> Format | None:
        table = table_of(map_, syntax, lines[:5])
        if table is None:
            return None
        made = _format(map_, map_.name, table)
        return replace(made, wrappers=(rows(table.row),)) if table.separator in ",;" else made

    def nothing(_: bool) -> str:
        raise AssertionError("a table has no reader before its header is known")

    return Format(
        name=map_.name,
        title=map_.title,
        example=map_.example,
        reader=nothing,
        count=lambda lines, timed: made.count(lines, timed) if (made := bind(lines)) else 0,
        map=map_,
        breadth=_breadth(map_),
        bind=bind,
    )


def _count(map_: FieldMap, syntax: Syntax, lines: Lines, has_time: bool) -> int:
    shown = map_.looks_like if has_time else (*map_.looks_like, *map_.looks_like_time)
    if isinstance(syntax, Pattern):
        return matching(lines, (syntax.pattern, *shown))
    if isinstance(syntax, Table):
        return _count_rows(syntax, lines)
    shape = {"Json": r"^\s*\{", "Logfmt": r"^[^{]"}.get(type(syntax).__name__, "")
    return matching(lines, (shape, *shown))


def _count_rows(table: Table, lines: Lines) -> int:
    fewest, fitting, in_quotes = len(table.columns) - 1, 0, False
    for line in lines:
        has_cells = line.count(table.separator) >= fewest
        fitting += in_quotes or has_cells or line.startswith("#")
        in_quotes ^= line.count('"') % 2 == 1
    return fitting


def _text(name: str) -> str:
    return resources.files("chertlog.ingest.readers").joinpath(f"{name}.sql").read_text("utf-8")


# Judged by text, not parsed: a damaged line still tells the format of its file.
def _looks_like_app(line: str) -> bool:
    return line.lstrip().startswith("{") and '"ts"' in line and '"event"' in line


def _looks_like_otlp(line: str) -> bool:
    return line.lstrip().startswith("{") and '"resourceLogs"' in line
