"""Which format a file is in, judged by its first lines and never by its name.

Owns: taking wrappers off for a look inside, and the choice between formats that fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from chertlog.ingest.blocks import Progress, line_batches
from chertlog.ingest.errors import WrongUse
from chertlog.ingest.files import HEAD_BYTES
from chertlog.ingest.formats import ANY_TEXT, GENERIC, LOGGER, NARROW, Format, matching
from chertlog.ingest.wrapper import Peeler, Wrapper, widened_schema, wrappers

if TYPE_CHECKING:
    import pyarrow as pa

Known = TypeVar("Known", Format, Wrapper)

SAMPLE_LINES = 200
ENOUGH = 0.5  # a format of its own, or a wrapper, that fits so many of the lines is taken
DEEPEST = 4  # wrappers in wrappers
TRUTH_MARKERS = (b'"chertlog_truth"', b"chertlog_truth_trace_id")  # written by `chertlog sample`


@dataclass
class _Unnamed:
    """A file of which only the content counts."""

    path: Path = Path("-")
    modified_at: float = 0.0


@dataclass(frozen=True)
class Detected:
    """A format with the share of sample lines that it understands (0 to 1)."""

    format: Format
    confidence: float
    lines: int
    reason: str = ""


def named(known: Sequence[Format], name: str) -> Format:
    """The format of that name, in the wrappers that stand before it (`docker > pino`).

    Raises WrongUse for a name that there is not.
    """
    *outer, own = [part.strip() for part in name.split(">")]
    made = _known(own, {format_.name: format_ for format_ in known})
    layers = {layer.name: layer for layer in wrappers()}
    for part in reversed(outer):
        made = made.inside(_known(part, layers))
    return made


def _known(name: str, among: Mapping[str, Known]) -> Known:
    if name in among:
        return among[name]
    close = get_close_matches(name, list(among), 1)
    raise WrongUse(
        f"unknown format {name!r}",
        next=f"did you mean {close[0]!r}?" if close else "chertlog formats lists them",
    )


def detect(head: bytes, known: Sequence[Format], override: Format | None = None) -> Detected | None:
    """Return the format that understands most of the first lines, or None if none does.

    With `override` it is that one; if this names no wrapper, wrappers are still looked for.

    A wrapper that half of the lines have is taken off first. Then a format made for one server goes
    before one for a logger, and this before one that fits many.
    """
    lines = sample(head)
    if not lines or re.match(rb"\s*\[\s*\{", head.split(b"\n", 1)[0]):
        return None  # a JSON array on one line, whose lines are no objects
    if override is None:
        return _detect(head, lines, known, (), has_time=False)
    if not override.wrappers and (found := _detect(head, lines, [override], (), has_time=False)):
        return found
    bound = override.bind(lines) if override.bind else override
    if bound is None:
        return None
    layers = (*override.wrappers, *bound.wrappers) if override.bind else override.wrappers
    return Detected(replace(bound, wrappers=layers), 0, len(lines), "as you say")


def sample(head: bytes) -> list[str]:
    """The first non-blank lines of a file, without a last one that may be cut."""
    whole = head.rsplit(b"\n", 1)[0] if b"\n" in head else head
    text = whole.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    lines = (line.rstrip("\r") for line in text.split("\n"))
    return [line for line in lines if line.strip()][:SAMPLE_LINES]


def why_unknown(head: bytes, known: Sequence[Format]) -> str:
    """Why no format fits a file that begins so, and what can be done about it."""
    if b"\0" in head[:1024]:
        return "not a log: it holds binary data"
    if re.search(rb'"resource_(?:logs|spans)"', head):
        return (
            "OTLP with snake_case keys; OTLP/JSON has lowerCamelCase (resourceLogs, resourceSpans)"
        )
    if re.match(rb"\s*\[\s*\{", head.split(b"\n", 1)[0]):
        return "a JSON array; write one object a line, for example with: jq -c '.[]'"
    return (
        f"no known format fits its first lines (tried: {len(known)}); "
        "chertlog formats lists them, docs/formats.md says how to add one"
    )


def is_truth(head: bytes) -> bool:
    """Whether this is the simulator's record of what it planted, which is no log."""
    return any(marker in head[:200] for marker in TRUTH_MARKERS)


def _detect(
    head: bytes,
    lines: Sequence[str],
    known: Sequence[Format],
    layers: tuple[Wrapper, ...],
    *,
    has_time: bool,
) -> Detected | None:
    """`has_time`: the wrappers around these lines know when each was written."""
    layer, share = _outermost(lines)
    found = _inside(head, known, (*layers, layer)) if layer and len(layers) < DEEPEST else None
    if layer and found:
        inner = found.format.inside(layer)
        found = replace(
            found,
            format=inner,
            confidence=share * found.confidence,
            reason=f"{share:.0%} of {len(lines):,} lines are in {layer.name}, and {found.reason}",
        )
        if not inner.needs_outer_time:
            return found
    fitting = []
    breadths = [NARROW, LOGGER, GENERIC, ANY_TEXT]
    if found and matching(lines, (r"^\s*\{",)) >= ENOUGH * len(lines):
        breadths = [NARROW, LOGGER]  # JSON that wraps is any JSON, too, and no better read as that
    for breadth in breadths:
        usable = (f for f in known if f.breadth == breadth and (has_time or not f.needs_outer_time))
        fitting.append(_best(lines, usable, has_time=has_time))
        if fitting[-1] and fitting[-1].confidence >= ENOUGH:
            break
    both = [one for one in (*fitting, found) if one]
    return max(both, key=lambda one: one.confidence) if both else None


def _inside(head: bytes, known: Sequence[Format], layers: tuple[Wrapper, ...]) -> Detected | None:
    table = _peeled(head, layers)
    lines = [line.replace("\n", " ") for line in table["line"].to_pylist() if line.strip()]
    if not lines:
        return None
    has_time = table["wrapped_at"].null_count <= table.num_rows * ENOUGH
    return _detect(head, lines[:SAMPLE_LINES], known, layers, has_time=has_time)


def _best(lines: Sequence[str], known: Iterable[Format], *, has_time: bool) -> Detected | None:
    """The format that understands most lines; of equals the first."""
    best: Detected | None = None
    for given in known:
        format_ = given.bind(lines) if given.bind else given
        share = format_.count(lines, has_time) / len(lines) if format_ else 0
        if format_ and share > (best.confidence if best else 0):
            reason = f"{share:.0%} of the first {len(lines):,} lines look like it"
            best = Detected(format_, share, len(lines), reason)
            if share == 1:
                break
    return best


def _outermost(lines: Sequence[str]) -> tuple[Wrapper | None, float]:
    document, *others = wrappers()
    if _is_spread(lines, document.looks_like):
        return document, 1.0
    # Most lines are in none: one look for all the others, since each costs a small file a lot.
    if matching(lines, (_any_of(tuple(others)),)) < ENOUGH * len(lines):
        return None, 0.0
    for layer in others:
        share = matching(lines, (layer.looks_like,)) / len(lines)
        if share >= ENOUGH:
            return layer, share
    return None, 0.0


@cache
def _any_of(layers: tuple[Wrapper, ...]) -> str:
    return "|".join(f"(?:{layer.looks_like})" for layer in layers)


def _is_spread(lines: Sequence[str], looks_like: str) -> bool:
    """Whether the first line begins a document that later lines end. One that was cut does not:
    objects of their own follow it."""
    if matching(lines[:1], (looks_like,)):
        return True
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", lines[0])
    is_open = (
        bare.lstrip().startswith("{") and bare.count("{") > bare.count("}") and '"' not in bare
    )
    return is_open and matching(lines[1:], (r"^\s*\{.*\}\s*$",)) < ENOUGH * len(lines[1:])


def _peeled(head: bytes, layers: Sequence[Wrapper]) -> pa.Table:
    """What is inside the wrappers of the first lines."""
    import pyarrow as pa

    whole = head
    if len(head) >= HEAD_BYTES:  # else it is all there is
        is_document = layers[0].name == "document"
        whole = _closed(head) if is_document else head[: head.rfind(b"\n") + 1] or head
    batches = line_batches(BytesIO(whole), 0, Progress())
    inner = Peeler(layers, _Unnamed(), head).peel(batches)
    return pa.Table.from_batches(list(inner), widened_schema())


def _closed(head: bytes) -> bytes:
    """A document that goes on behind the head, ended after its last object, so that it is one."""
    open_: list[bytes] = []
    end, closing = 0, b""
    for mark in re.finditer(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', head):
        if mark[0] in (b"{", b"["):
            open_.append(b"}" if mark[0] == b"{" else b"]")
        elif mark[0] in (b"}", b"]") and open_:
            open_.pop()
            if mark[0] == b"}":
                end, closing = mark.end(), b"".join(reversed(open_))
    return head[:end] + b"\n" + closing + b"\n"
