"""Writes lines of any format from what its field map says, and says what reading them must give.

The other way round than the readers: names of fields are taken from the map, where they stand in a
line from the syntax. What a target becomes in the database is written down here once more
(`EXPECTED`), so that a reader and its test cannot be wrong together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import quote

from chertlog.ingest.fieldmap import FieldMap

Fact = dict[str, Any]  # what happened, in the words of the targets
EPOCH = datetime(1970, 1, 1)
# How a field of that name spells a time; of any other name as ISO 8601.
SPELLINGS = {
    "time_local": "clf", "%t": "clf", "requestTime": "clf", "requestTimeEpoch": "ms", "msec": "s",
    "time_iso8601": "offset", "asctime": "comma",
    "@endTimeUnixNano": "ns", "@startTimeUnixNano": "ns", "timeUnixNano": "ns",
}  # fmt: skip
OF_FORMAT = {
    "pino": "ms", "zap": "s", "caddy": "s", "api-gateway-clf": "clf", "api-gateway-csv": "clf",
    "api-gateway-xml": "clf", "traefik-text": "clf", "slog": "zone", "csv": "comma",
}  # fmt: skip
COLUMNS = {
    "method": "http_method", "path": "url_path", "route": "http_route", "status": "http_status",
    "status_if_number": "http_status", "bytes": "bytes_sent", "user_agent": "user_agent",
    "client_ip": "client_ip", "duration": "duration_ms", "upstream": "upstream_ms",
    "trace_id": "trace_id", "w3c_trace_id": "otel_trace_id", "xray_trace_id": "xray_trace_id",
    "request_id": "request_id", "tenant_id": "tenant_id", "surface": "surface", "level": "level",
    "event": "event", "service": "service", "version": "service_version", "host": "host",
    "error_type": "error_type", "error_code": "error_code", "retryable": "retryable",
    "retry_after": "retry_after_s", "retry_after_header": "retry_after_header_s",
}  # fmt: skip
# Where a target was not sent, something else may stand in the column.
DERIVED = ("event", "surface")


def spelled(at: datetime, kind: str) -> tuple[str | int | float, datetime]:
    """A time as text or number, and as much of it as the text holds."""
    whole, ms = at.replace(microsecond=0), (at - EPOCH) // timedelta(milliseconds=1)
    return {
        "iso": (f"{at.isoformat(timespec='milliseconds')}Z", at),
        "zone": (f"{(at + timedelta(hours=1)).isoformat(timespec='milliseconds')}+01:00", at),
        "offset": (f"{whole.isoformat()}+00:00", whole),
        "comma": (f"{at:%Y-%m-%d %H:%M:%S},{ms % 1000:03}", at),
        "clf": (f"{at:%d/%b/%Y:%H:%M:%S} +0000", whole),
        "s": (ms / 1000, at),
        "ms": (ms, at),
        "ns": (f"{ms}000000", at),
    }[kind]


class Writer:
    """Lines of one map. Of the names of a target one is taken, by chance; some targets are left
    out, where `may_omit`. `fixed` says which names there are, where a line is no free choice."""

    def __init__(self, map_: FieldMap, *, fixed: set[str] | None = None, may_omit: bool) -> None:
        self.map, self.fixed, self.may_omit = map_, fixed, may_omit
        self.targets = {
            target: [one for one in sources if fixed is None or self._names(one) <= fixed]
            for target, sources in map_.fields.items()
        }

    @staticmethod
    def _names(one: str | tuple[str, ...]) -> set[str]:
        return {one} if isinstance(one, str) else set(one)

    def values(self, fact: Fact, chance: Random) -> tuple[dict[str, Any], dict[str, Any]]:
        """What stands under which name, and what the columns of the event must hold."""
        values: dict[str, Any] = {}
        sent: Fact = {}
        for target, sources in self.targets.items():
            if not sources or (self.may_omit and target != "time" and chance.random() < 0.15):
                continue
            # A server that is asked for a variable in several forms writes all of them.
            for one in sources if self.fixed else [chance.choice(sources)]:
                self._write(target, one, fact, values, sent, chance)
        wanted = {
            column: None
            for target in (*self.targets, "duration", "upstream")
            if (column := COLUMNS.get(target)) and target not in DERIVED
        }
        if "any_id" in self.targets:
            wanted |= dict.fromkeys(("trace_id", "otel_trace_id", "xray_trace_id", "request_id"))
        if "request" in self.targets:
            wanted |= dict.fromkeys(("http_method", "url_path"))
        wanted |= {COLUMNS.get(target, target): value for target, value in sent.items()}
        return values, wanted

    def _write(
        self,
        target: str,
        one: str | tuple[str, ...],
        fact: Fact,
        values: dict[str, Any],
        sent: Fact,
        chance: Random,
    ) -> None:
        name = one if isinstance(one, str) else one[0]
        if target == "time":
            if isinstance(one, tuple):
                values |= dict(zip(one, f"{fact['at']:%Y-%m-%d %H:%M:%S}".split(), strict=True))
                sent["occurred_at"] = fact["at"].replace(microsecond=0)
                return
            kind = SPELLINGS.get(name) or OF_FORMAT.get(self.map.name, "iso")
            text, at = spelled(fact["at"], kind)
            values[name] = f"[{text}]" if name == "%t" else text
            # The first of its alternatives counts.
            sent.setdefault("occurred_at", at)
        elif target == "request":
            values[name] = f"{fact['method']} {fact['path']} HTTP/1.1"
            sent |= {"method": fact["method"], "path": fact["path"]}
        elif target == "any_id":
            kind = chance.choice(["trace_id", "w3c_trace_id", "xray_trace_id", "request_id"])
            values[name] = f"projects/p/traces/{fact[kind]}" if kind[0] == "w" else fact[kind]
            sent.setdefault(kind, fact[kind])
        elif target.startswith("duration"):
            unit = target.removeprefix("duration_")
            ms, sent["duration"] = fact["ms"], fact["ms"]
            if isinstance(one, tuple):  # that of the target lies between
                times = (0, fact["upstream"], ms - fact["upstream"])
                values |= {n: f"{t / 1000:.3f}" for n, t in zip(one, times, strict=True)}
            else:
                values[name] = self._duration(ms, unit)
        elif target.startswith("upstream"):
            sent["upstream"] = fact["upstream"]
            values[name] = self._duration(fact["upstream"], target.removeprefix("upstream_"))
        elif target == "level":
            level = sent["level"] = fact["level"]
            numbers = {word: number for number, word in self.map.levels.items()}
            word = chance.choice([level, level.upper()])
            values[name] = int(numbers[level]) if level in numbers else word
        elif target == "xray_trace_id":
            values[name] = f"Root={fact[target]};Self=1-67891234-12456789abcdef012345678a"
            sent[target] = fact[target]
        elif target == "w3c_trace_id":
            is_parent = "traceparent" in name.lower()
            values[name] = f"00-{fact[target]}-00f067aa0ba902b7-01" if is_parent else fact[target]
            sent[target] = fact[target]
        elif target == "client_ip":
            values[name], sent[target] = fact[target], fact[target].rpartition(".")[0] + ".0/24"
        elif target == "user_agent" and self.map.url_encoded:
            values[name], sent[target] = quote(quote(fact[target])), fact[target]
        elif target == "status_if_number":
            values[name] = sent["status"] = fact["status"]
        else:
            values[name] = sent[target] = fact[target]

    def _duration(self, ms: int, unit: str) -> str | int | float:
        return {"s": ms / 1000, "ms": ms, "us": ms * 1000, "ns": ms * 10**6, "text": f"{ms}ms"}[
            unit
        ]


# ---- lines, by syntax


def as_json(map_: FieldMap, values: Mapping[str, Any], noise: str, chance: Random) -> str:
    root: dict[str, Any] = {"noise": noise, "other": {"a": [noise]}}
    for name in sorted(values, key=lambda name: name.count(".")):
        bare = name.removesuffix("[0]")
        value = [values[name], noise] if name != bare else values[name]
        _put(root, _place(bare, chance, mixed=map_.mixed_dots), value, bare)
    items = list(root.items())
    chance.shuffle(items)
    return json.dumps(dict(items), ensure_ascii=chance.random() < 0.5)


def _place(name: str, chance: Random, *, mixed: bool) -> list[str]:
    parts = name.split(".")
    if not mixed:
        return [name] if chance.random() < 0.5 else parts
    made = parts[:1]
    for part in parts[1:]:
        if chance.random() < 0.5:
            made.append(part)
        else:
            made[-1] += f".{part}"
    return made


def _put(root: dict[str, Any], place: list[str], value: Any, whole: str) -> None:
    level = root
    for key in place[:-1]:
        level = level.setdefault(key, {})
        if not isinstance(level, dict):  # a value has taken the name
            root[whole] = value
            return
    level[place[-1]] = value


def as_logfmt(values: Mapping[str, Any], noise: str, chance: Random) -> str:
    pairs = [f"{name}={_quoted(str(value), chance)}" for name, value in values.items()]
    pairs += ["word", "empty=", f"noise={_quoted(noise, chance)}"]
    chance.shuffle(pairs)
    return " ".join(pairs)


def _quoted(text: str, chance: Random) -> str:
    if re.fullmatch(r'[^\s="\\]+', text) and chance.random() < 0.5:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def as_cells(columns: list[str], values: Mapping[str, Any], noise: str, separator: str) -> str:
    cells = [str(values.get(name, noise if name == "noise" else "")) for name in columns]
    if separator == "\t":
        return separator.join(cell.replace("\t", " ") for cell in cells)
    return separator.join(
        f'"{cell.replace(chr(34), chr(34) * 2)}"' if re.search(r'[\s",;]', cell) else cell
        for cell in cells
    )


def as_template(template: str, values: Mapping[str, Any], noise: str) -> str:
    """The line that a server writes by its template; what is not asked for is noise or absent."""
    escaped = "".join(
        c if " " <= c <= "~" and c not in '"\\' else f"\\x{ord(c) & 255:02X}" for c in noise
    )

    def of(name: str) -> str:
        is_sent_by_client = name in ("http_referer", "%{referer}i")
        return str(values.get(name, escaped if is_sent_by_client else "-"))

    if "$" in template:
        return re.sub(r"\$(\w+)", lambda match: of(match[1]), template)
    return re.sub(
        r"%[<>]?(?:\{([^}]*)\})?([a-zA-Z])",
        lambda match: of(f"%{{{match[1].lower()}}}{match[2]}" if match[1] else f"%{match[2]}"),
        template,
    )


def skeleton(pattern: str, names: set[str]) -> str:
    """A pattern whose groups of these names stand for themselves: `«name»`."""
    made, position = "", 0
    for begin in re.finditer(r"\(\?P<(\w+)>", pattern):
        if begin.start() < position:
            continue
        end = _closing(pattern, begin.end())
        if begin[1] in names:
            made += pattern[position : begin.start()] + f"«{begin[1]}»"
            position = end
    return made + pattern[position:]


def _closing(pattern: str, position: int) -> int:
    """Behind the parenthesis that closes the group whose inside begins at `position`."""
    depth, in_class = 1, False
    while depth:
        char = pattern[position]
        if char == "\\":
            position += 1
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
            position += pattern[position + 1] in "]^"
        else:
            depth += (char == "(") - (char == ")")
        position += 1
    return position


def filled(text: str, values: Mapping[str, Any]) -> str:
    return re.sub(r"«(\w+)»", lambda match: str(values[match[1]]), text)


def as_spans(lines: list[tuple[dict[str, Any], str]], chance: Random) -> str:
    """One document of many spans, in one or two requests; resources hold some of the attributes."""
    requests = [
        {
            "resource": {
                "attributes": [_attribute(n, v) for n, v in values.items() if n[:8] == "service."]
            },
            "scopeSpans": [{"scope": {"name": noise}, "spans": [_span(values, noise)]}],
            "unknown": noise,
        }
        for values, noise in lines
    ]
    return json.dumps({"resourceSpans": requests}, ensure_ascii=chance.random() < 0.5)


def _span(values: dict[str, Any], noise: str) -> dict[str, Any]:
    own = {name[1:]: value for name, value in values.items() if name[0] == "@"}
    attributes = [
        _attribute(name, value)
        for name, value in {**values, "noise": noise}.items()
        if name[0] != "@" and not name.startswith(("service.", "exception."))
    ]
    event = [_attribute(n, v) for n, v in values.items() if n.startswith("exception.")]
    events = [{"name": "exception", "attributes": event}] if event else []
    return {**own, "kind": 2, "attributes": attributes, "events": events, "name": noise}


def _attribute(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"key": name, "value": {"boolValue": value}}
    if isinstance(value, int):
        return {"key": name, "value": {"intValue": str(value) if value % 2 else value}}
    return {"key": name, "value": {"stringValue": str(value)}}
