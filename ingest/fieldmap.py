"""Field maps: which fields of a format stand for what.

Owns: reading and judging a map (`fieldmaps/*.toml`, or a section of chertlog.toml), and filling
`readers/fields.sql` in for it. What fields there are in a line is the syntax's business.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Any

from chertlog.ingest.log_format import WHOLE, compile_template
from chertlog.ingest.syntax import Json, Logfmt, Pattern, Spans, Syntax, Table, Text, literal

# What a field can stand for. The unit of a duration is in its name.
DURATIONS = {
    "duration_s": "1000",
    "duration_ms": "1",
    "duration_us": "0.001",
    "duration_ns": "0.000001",
}
UPSTREAM = {"upstream_s": "1000", "upstream_ms": "1"}
TEXTS = (
    "time", "request", "method", "path", "route", "status", "bytes", "user_agent", "client_ip",
    "trace_id", "any_id", "w3c_trace_id", "xray_trace_id", "request_id", "tenant_id", "surface",
    "level", "event", "service", "version", "host", "error_type", "error_code", "retryable",
    "retry_after", "retry_after_header", "idempotency_key", "body_hash", "recipient",
    "delivery_service", "internal_code", "detail",
)  # fmt: skip
TARGETS = (*TEXTS, "status_if_number", "duration_text", *DURATIONS, *UPSTREAM)
SYNTAXES = ("json", "logfmt", "csv", "tsv", "pattern", "spans", "text")
LOGS = {"app": "an application's log", "edge": "an access log", "otlp": "OpenTelemetry"}
KEYS = {
    "title", "log", "syntax", "looks_like", "looks_like_time", "generic", "fields", "levels",
    "patterns", "templates", "url_encoded", "mixed_dots", "is_utc", "traps", "reference", "example",
}  # fmt: skip

Sources = tuple[str | tuple[str, ...], ...]  # alternatives; several names in one belong together


class BadMap(ValueError):
    """A field map cannot be used; the message says why."""


@dataclass(frozen=True)
class FieldMap:
    """One field map, as it stands in its file."""

    name: str
    title: str
    log: str
    syntaxes: tuple[str, ...]
    fields: Mapping[str, Sources]
    looks_like: tuple[str, ...] = ()  # patterns (RE2); a line of the format matches all of them
    looks_like_time: tuple[str, ...] = ()  # the same, where no wrapper knows the time
    generic: bool = False  # taken only where no other map fits
    levels: Mapping[str, str] = field(default_factory=dict)
    patterns: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    url_encoded: bool = False
    mixed_dots: bool = False  # of JSON: a.b.c may be a key a.b with c inside, or a with b.c
    is_utc: bool = False  # its times have no offset, and are not local
    traps: tuple[str, ...] = ()
    reference: str = ""
    example: str = ""

    @property
    def names(self) -> list[str]:
        """Every field that is read."""
        found: dict[str, None] = {}
        for alternatives in self.fields.values():
            for one in alternatives:
                found.update(dict.fromkeys((one,) if isinstance(one, str) else one))
        return list(found)


@cache
def shipped() -> dict[str, FieldMap]:
    """The field maps that come with chertlog, by name."""
    folder = resources.files("chertlog.ingest").joinpath("fieldmaps")
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    names = [entry.name for entry in entries if entry.name.endswith(".toml")]
    return {
        name.removesuffix(".toml"): read_map(
            name.removesuffix(".toml"), tomllib.loads(folder.joinpath(name).read_text("utf-8"))
        )
        for name in names
    }


def read_map(name: str, values: Mapping[str, Any]) -> FieldMap:
    """Read the values of a map; its patterns are for `judge`. Raises BadMap."""
    if unknown := sorted(values.keys() - KEYS):
        raise BadMap(f"{_unknown('key', unknown[0], KEYS)}")
    syntaxes = _names(values.get("syntax", "json"), "syntax")
    for syntax in syntaxes:
        if syntax not in SYNTAXES:
            raise BadMap(_unknown("syntax", syntax, SYNTAXES))
    log = values.get("log", "app")
    if log not in LOGS:
        raise BadMap(_unknown("log", str(log), LOGS))
    fields = values.get("fields", {})
    if not isinstance(fields, dict) or (not fields and "text" not in syntaxes):
        raise BadMap("it needs a section [fields]: what stands for what")
    made = FieldMap(
        name=name,
        title=str(values.get("title", name)),
        log=str(log),
        syntaxes=syntaxes,
        fields={target: _sources(target, given) for target, given in fields.items()},
        looks_like=_names(values.get("looks_like", []), "looks_like"),
        looks_like_time=_names(values.get("looks_like_time", []), "looks_like_time"),
        generic=bool(values.get("generic", False)),
        levels={str(key): str(level) for key, level in values.get("levels", {}).items()},
        patterns=dict(values.get("patterns", {})),
        templates=dict(values.get("templates", {})),
        url_encoded=bool(values.get("url_encoded", False)),
        mixed_dots=bool(values.get("mixed_dots", False)),
        is_utc=bool(values.get("is_utc", False)),
        traps=_names(values.get("traps", []), "traps"),
        reference=str(values.get("reference", "")),
        example=str(values.get("example", "")),
    )
    if "pattern" in syntaxes and not made.patterns and not made.templates:
        raise BadMap("syntax pattern needs a section [patterns] with at least one")
    if "time" not in fields and "text" not in syntaxes:
        raise BadMap("no field stands for time; an event needs one")
    return made


def judge(made: FieldMap) -> None:
    """Try the patterns and templates of a map. Raises BadMap."""
    for text in (*made.patterns.values(), *made.looks_like, *made.looks_like_time):
        _judge_pattern(text)
    for text in made.templates.values():
        _compiled(text, made.names)


def compile_map(made: FieldMap, syntax: Syntax, *, wrapped: bool) -> str:
    """The reader of a map: `readers/fields.sql` with every placeholder filled in."""
    is_spans = isinstance(syntax, Spans)
    is_edge = made.log == "edge"
    parts = {
        "peeled": "select * from lines" if wrapped else _PLAIN,
        "records": syntax.records.strip(),
        **{target: _text_of(made, syntax, target) for target in TEXTS},
        "duration_sent": _any_of(made, syntax, (*DURATIONS, "duration_text")),
        "duration_ms": _duration(made, syntax),
        "upstream_ms": _upstream(made, syntax),
        "is_response": "p.s.kind in ('2', 'SPAN_KIND_SERVER')" if is_spans else "false",
        "line_hash": "hash(line, record_number)" if is_spans else "hash(without_cr(line))",
        "excerpt": _SPAN_EXCERPT if is_spans else "excerpt_of(line)",
        "agent": "url_decoded(url_decoded(agent_sent))" if made.url_encoded else "agent_sent",
        "level_name": _level(made),
        "other_surface": "'other'" if is_edge else "null",
        "is_local": "false" if made.is_utc else "zone() <> 'UTC' and is_local_time(time_sent)",
        "is_edge": "true" if is_edge else "false",
        **_KINDS[made.log],
    }
    parts["status"] = _status(made, syntax)
    if isinstance(syntax, Pattern) and is_edge:  # servers escape what clients sent
        for target in ("request", "path", "user_agent"):
            parts[target] = f"unescaped({parts[target]})"
    if is_spans:  # spans inside a server carry its attributes, and are no responses
        parts["trace_id"] = f"case when {parts['is_response']} then {parts['trace_id']} end"
    text = resources.files("chertlog.ingest.readers").joinpath("fields.sql").read_text("utf-8")
    return re.sub(r"\{(\w+)\}", lambda match: parts[match[1]], text)


def syntaxes_of(made: FieldMap) -> dict[str, Syntax]:
    """Every syntax a map is read in, by the name of the format that this makes.

    Tables are not among them: their columns stand in each file (`table_of`).
    """
    found: dict[str, Syntax] = {}
    only_one = len(made.patterns) + len(made.templates) == 1
    for syntax in made.syntaxes:
        if syntax == "json":
            found[made.name] = Json(tuple(made.names), made.mixed_dots)
        elif syntax == "logfmt":
            found[f"{made.name}-text" if found else made.name] = Logfmt()
        elif syntax == "spans":
            found[made.name] = Spans()
        elif syntax == "text":
            found[made.name] = Text()
        elif syntax == "pattern":
            for variant, text in made.patterns.items():
                found[made.name if only_one else f"{made.name}:{variant}"] = _grouped(text)
            for variant, text in made.templates.items():
                found[f"{made.name}:{variant}"] = _compiled(text, made.names)
    return found


def table_of(made: FieldMap, syntax: str, first_lines: Sequence[str]) -> Table | None:
    """The table whose header is among the first lines of a file, if it has one for this map."""
    for line in first_lines:
        if syntax == "tsv" and line.startswith("#Fields:"):
            columns = line.removeprefix("#Fields:").split()
            return Table(columns, "\t", line) if _has_time(made, columns) else None
        if syntax == "csv" and not line.startswith("#"):
            separator = max(",;\t", key=line.count)
            cells = [cell.strip().strip('"').strip() for cell in line.split(separator)]
            known = {name.lower(): name for name in made.names}
            columns = [known.get(cell.lower(), cell) for cell in cells]
            is_header = len(cells) > 1 and len(set(cells)) == len(cells)
            time = next((one for one in made.fields["time"] if one in columns), None)
            if not is_header or time is None:
                return None
            return Table(columns, separator, line, columns.index(str(time)))
    return None


def _has_time(made: FieldMap, columns: Sequence[str]) -> bool:
    return any(
        set((one,) if isinstance(one, str) else one) <= set(columns) for one in made.fields["time"]
    )


def _grouped(pattern: str) -> Pattern:
    """A pattern of the map's own, with a group around all of it."""
    compiled = re.compile(pattern)
    by_number = {number: name for name, number in compiled.groupindex.items()}
    names = [by_number.get(number, f"_{number}") for number in range(1, compiled.groups + 1)]
    return Pattern(f"^({pattern.removeprefix('^').removesuffix('$')})$", (WHOLE, *names))


def _compiled(template: str, names: Sequence[str]) -> Pattern:
    try:
        made = compile_template(template, names)
    except ValueError as error:
        raise BadMap(str(error)) from None
    return Pattern(made.pattern, made.names)


# ---- the SQL of each target


def _text_of(made: FieldMap, syntax: Syntax, target: str) -> str:
    return _coalesced([_sent(syntax, one) for one in _given(made, syntax, target)])


def _given(made: FieldMap, syntax: Syntax, *targets: str) -> list[str | tuple[str, ...]]:
    """What stands for a target and can be in a line at all."""
    return [
        one
        for target in targets
        for one in made.fields.get(target, ())
        if all(syntax.has(name) for name in ((one,) if isinstance(one, str) else one))
    ]


def _sent(syntax: Syntax, one: str | tuple[str, ...]) -> str:
    """What was sent under a name; of several names the texts, with blanks between them."""
    if isinstance(one, str):
        return f"absent({syntax.expression(one)})"
    return " || ' ' || ".join(f"absent({syntax.expression(name)})" for name in one)


def _coalesced(found: Sequence[str], kind: str = "varchar") -> str:
    if not found:
        return f"null::{kind}"
    return found[0] if len(found) == 1 else f"coalesce({', '.join(found)})"


def _status(made: FieldMap, syntax: Syntax) -> str:
    sure = [_sent(syntax, one) for one in _given(made, syntax, "status")]
    maybe = [
        f"nullif(regexp_extract({_sent(syntax, one)}, '^[0-9]{{3}}$'), '')"
        for one in _given(made, syntax, "status_if_number")
    ]
    return _coalesced([*sure, *maybe])


def _any_of(made: FieldMap, syntax: Syntax, targets: Sequence[str]) -> str:
    """Whether anything was sent for one of these targets: its text, for telling a bad number."""
    found = []
    for one in _given(made, syntax, *targets):
        found += [_sent(syntax, name) for name in ((one,) if isinstance(one, str) else one)]
    return f"nullif({_coalesced(found)}, '-1')" if found else "null::varchar"


def _duration(made: FieldMap, syntax: Syntax) -> str:
    found = []
    for target, factor in DURATIONS.items():
        for one in _given(made, syntax, target):
            names = (one,) if isinstance(one, str) else one
            terms = [f"duration_of({_sent(syntax, name)}, {factor})" for name in names]
            # Load balancers write -1 where nothing was sent: then there is no sum.
            guard = " and ".join(f"not starts_with({_sent(syntax, n)}, '-')" for n in names)
            found.append(f"case when {guard} then {' + '.join(terms)} end")
    for one in _given(made, syntax, "duration_text"):
        found.append(f"duration_in_words({_sent(syntax, one)})")
    return _coalesced(found, "bigint")


def _upstream(made: FieldMap, syntax: Syntax) -> str:
    """Of several upstreams the last one answered."""
    last = "'(?:^|[ ,:])([0-9.]+)\\s*$', 1"
    found = [
        f"duration_of(nullif(regexp_extract({_sent(syntax, one)}, {last}), ''), {factor})"
        for target, factor in UPSTREAM.items()
        for one in _given(made, syntax, target)
    ]
    return _coalesced(found, "bigint")


def _level(made: FieldMap) -> str:
    if not made.levels:
        return "coalesce(level_sent, wrapped_level)"
    cases = " ".join(f"when {literal(k)} then {literal(v)}" for k, v in made.levels.items())
    return f"coalesce(case level_sent {cases} else level_sent end, wrapped_level)"


_PLAIN = """select
        *,
        null::integer as record_number,
        null::varchar as wrapped_at,
        null::varchar as wrapped_host,
        null::varchar as wrapped_service,
        null::varchar as wrapped_level,
        false as unfinished
    from lines"""

_SPAN_EXCERPT = """case
                when fault is not null or flaw is not null then excerpt_of(line)
                else '… record ' || record_number || ' of the line …'
            end"""

# Lines that a server writes about itself share the file with its access log: they answer nobody.
_IS_ACCESS = "coalesce(status_sent, request_sent, method_sent) is not null"
_KINDS = {
    "app": {
        "log": "'app'",
        "kind": "case event_sent when 'response.sent' then 1 when 'request.received' then 2"
        " else 3 end",
        "event_name": "coalesce(event_of(event_sent), 'log')",
        "is_answer": "event_sent = 'response.sent'",
    },
    "edge": {
        "log": f"case when {_IS_ACCESS} then 'edge' else 'app' end",
        "kind": f"case when {_IS_ACCESS} then 4 else 3 end",
        "event_name": f"case when {_IS_ACCESS} then 'response.sent' else 'log' end",
        "is_answer": "false",
    },
    "otlp": {
        "log": "'otlp'",
        "kind": "5",
        "event_name": "case when chert_id is not null then 'response.sent' else 'span' end",
        "is_answer": "chert_id is not null",
    },
}


# ---- judging what people write


def _sources(target: str, given: object) -> Sources:
    if target not in TARGETS:
        raise BadMap(_unknown("field", target, TARGETS))
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or not listed:
        raise BadMap(f"{target} needs the name of a field, or a list of names")
    return tuple(one if isinstance(one, str) else tuple(_names(one, target)) for one in listed)


def _names(given: object, name: str) -> tuple[str, ...]:
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise BadMap(f"{name} must be a text or a list of texts")
    return tuple(listed)


def _judge_pattern(text: str) -> None:
    """Raises BadMap for what the engine (RE2) does not understand."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        re.compile(text)
        pc.match_substring_regex(pa.array([""]), text)
    except (re.error, pa.ArrowInvalid) as error:
        raise BadMap(f"the pattern {text!r} cannot be used: {error}") from None


def _unknown(what: str, name: str, known: Sequence[str] | Mapping[str, Any] | set[str]) -> str:
    close = get_close_matches(name, list(known), 1)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(sorted(known))}"
    return f"unknown {what} {name!r}; {hint}"
