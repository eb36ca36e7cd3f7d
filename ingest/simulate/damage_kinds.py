"""The ways a line gets damaged, one named function per kind.

A kind takes a line and says which physical lines stand in its place, and what a right ingest
must count each of them as. It returns None where it cannot be applied to this line. Who is
damaged, and how often, is `damage`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from chertlog.ingest.simulate.model import OTLP, Owner


class Line(NamedTuple):
    """A line as the server meant it. `owners` are those whose `bit` in `lines` it stands for."""

    raw: bytes
    owners: Sequence[Owner]
    bit: int
    traced: bool
    records: int = 1


class Piece(NamedTuple):
    """A physical line as it is written, and how its records are to be counted."""

    raw: bytes
    events: int = 0
    blank: int = 0
    duplicates: int = 0
    reason: str | None = None


@dataclass(slots=True)
class Surroundings:
    """What a kind may look at besides its line."""

    rng: Random
    same_file: list[Line] = field(default_factory=list)  # whole lines written before
    other_files: list[Line] = field(default_factory=list)
    following: Line | None = None
    swallowed: bool = False  # set by a kind that used up `following`


Kind = Callable[[Line, Surroundings], list[Piece] | None]


def _kept(line: Line) -> Piece:
    return Piece(line.raw, events=line.records)


def _middle(line: Line, rng: Random) -> int:
    """A place between a tenth and eight tenths of the line, never inside a character."""
    at = len(line.raw) // 10 + int(rng.random() * len(line.raw) * 0.7)
    while line.raw[at] & 0xC0 == 0x80:
        at -= 1
    return at


def cut(line: Line, around: Surroundings) -> list[Piece] | None:
    """The writer was stopped in the middle of the line."""
    return [Piece(line.raw[: _middle(line, around.rng)], reason="json")]


def invalid_utf8(line: Line, around: Surroundings) -> list[Piece] | None:
    at = _middle(line, around.rng)
    return [Piece(line.raw[:at] + b"\xff" + line.raw[at:], reason="encoding")]


def glued(line: Line, around: Surroundings) -> list[Piece] | None:
    """The newline between two lines was lost."""
    if around.following is None:
        return None
    around.swallowed = True
    return [Piece(line.raw + around.following.raw, reason="glued")]


def nul_block(line: Line, around: Surroundings) -> list[Piece] | None:
    """A crash left unwritten blocks in front of the line."""
    return [Piece(bytes(8 + int(around.rng.random() * 56)) + line.raw, reason="nul")]


def blank(line: Line, around: Surroundings) -> list[Piece] | None:
    return [Piece(b"", blank=1), _kept(line)]


def whitespace(line: Line, around: Surroundings) -> list[Piece] | None:
    return [Piece(b" \t \r", blank=1), _kept(line)]


def duplicate(line: Line, around: Surroundings) -> list[Piece] | None:
    """An earlier line of this file once more."""
    return _repeated(line, around.same_file, around.rng)


def duplicate_of_other_file(line: Line, around: Surroundings) -> list[Piece] | None:
    """A line of an earlier hour's file: rotated copies that overlap."""
    return _repeated(line, around.other_files, around.rng)


def _repeated(line: Line, earlier: list[Line], rng: Random) -> list[Piece] | None:
    if not earlier:
        return None
    copy = earlier[int(rng.random() * len(earlier))]
    return [Piece(copy.raw, duplicates=copy.records), _kept(line)]


def not_an_object(line: Line, around: Surroundings) -> list[Piece] | None:
    value = (b"null", b"42", b"[]")[int(around.rng.random() * 3)]
    return [Piece(value, reason="not_object"), _kept(line)]


def ts_missing(line: Line, around: Surroundings) -> list[Piece] | None:
    return [Piece(b"{" + line.raw[line.raw.index(b',"level"') + 1 :], reason="time")]


def ts_unreadable(line: Line, around: Surroundings) -> list[Piece] | None:
    rest = line.raw[line.raw.index(b',"level"') :]
    value = (b"2026-13-45T10:00:00.000000Z", b"soon")[int(around.rng.random() * 2)]
    return [Piece(b'{"ts":"' + value + b'"' + rest, reason="time")]


def event_missing(line: Line, around: Surroundings) -> list[Piece] | None:
    return [Piece(re.sub(rb'"event":"[^"]*",', b"", line.raw, count=1), reason="event")]


def number_as_word(line: Line, around: Surroundings) -> list[Piece] | None:
    raw, found = re.subn(rb'"duration_ms":\d+', b'"duration_ms":"fast"', line.raw, count=1)
    return [Piece(raw, reason="number")] if found else None


def panic(line: Line, around: Surroundings) -> list[Piece] | None:
    """A crash report in plain text between the lines."""
    report = (
        b"panic: worker stopped: queue closed",
        b'  File "api/worker.py", line 88, in run',
        b'  File "api/queue.py", line 41, in take',
        b"RuntimeError: queue closed",
    )
    return [*(Piece(text, reason="json") for text in report), _kept(line)]


def crlf(line: Line, around: Surroundings) -> list[Piece] | None:
    return [Piece(line.raw + b"\r", events=line.records)]


def duplicate_key(line: Line, around: Surroundings) -> list[Piece] | None:
    """A key said twice: the first counts."""
    if not line.traced:
        return None
    return [Piece(line.raw[:-1] + b',"tenant_id":"tenant-99"}', events=line.records)]


def unknown_field(line: Line, around: Surroundings) -> list[Piece] | None:
    return [Piece(line.raw[:-1] + b',"shard":7}', events=line.records)]


def edge_cut(line: Line, around: Surroundings) -> list[Piece] | None:
    return [Piece(line.raw[: _middle(line, around.rng)], reason="syntax")]


def edge_glued(line: Line, around: Surroundings) -> list[Piece] | None:
    pieces = glued(line, around)
    return pieces and [pieces[0]._replace(reason="syntax")]


def edge_error_log(line: Line, around: Surroundings) -> list[Piece] | None:
    """A line that belongs into nginx's error log."""
    text = (
        b"2026/11/21 10:20:30 [error] 31#31: *4711 upstream timed out (110: Connection timed out)"
        b' while reading response header from upstream, request: "POST /api/v1/send HTTP/1.1"'
    )
    return [Piece(text, reason="syntax"), _kept(line)]


def otlp_bad_time(line: Line, around: Surroundings) -> list[Piece] | None:
    """One record's time is unreadable; its neighbours are fine."""
    return _spoil_record(line, around, rb'("timeUnixNano":")\d+(")', "time")


def otlp_bad_number(line: Line, around: Surroundings) -> list[Piece] | None:
    pattern = rb'("http\.response\.status_code","value":\{"intValue":)"?\d+"?()'
    return _spoil_record(line, around, pattern, "number")


def _spoil_record(
    line: Line, around: Surroundings, pattern: bytes, reason: str
) -> list[Piece] | None:
    chosen = int(around.rng.random() * line.records)
    match = list(re.finditer(pattern, line.raw))[chosen]
    line.owners[chosen].lines &= ~OTLP
    word = b"soon" if reason == "time" else b'"fast"'
    raw = line.raw[: match.end(1)] + word + line.raw[match.start(2) :]
    return [Piece(raw, events=line.records - 1, reason=reason)]


def otlp_shape(line: Line, around: Surroundings) -> list[Piece] | None:
    """Another signal's export in the same file."""
    return [Piece(b'{"resourceSpans":[]}', reason="shape"), _kept(line)]


APP_KINDS: tuple[Kind, ...] = (
    cut,
    invalid_utf8,
    glued,
    nul_block,
    blank,
    whitespace,
    duplicate,
    duplicate_of_other_file,
    not_an_object,
    ts_missing,
    ts_unreadable,
    event_missing,
    number_as_word,
    panic,
    crlf,
    duplicate_key,
    unknown_field,
)
EDGE_KINDS: tuple[Kind, ...] = (
    edge_cut,
    invalid_utf8,
    edge_glued,
    blank,
    edge_error_log,
    duplicate,
)
OTLP_KINDS: tuple[Kind, ...] = (
    cut,
    invalid_utf8,
    blank,
    not_an_object,
    otlp_bad_time,
    otlp_bad_number,
    otlp_shape,
    duplicate,
)
