"""Whatever stands in a line, a load goes on: every record becomes a row, with or without fault."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

# What takes the place of a value, a word or a few bytes.
STRANGE = (
    b"null", b"true", b"[]", b"{}", b'[{"a":1}]', b'{"a":{"b":[1]}}', b'""', b"-1", b"1e999",
    b"NaN", b"99999999999999999999999999", b"0.0000000001", b"9" * 17, b"9" * 19, b"1e10",
    b"/%ff%fe%/x%41", b"%00",
    b"\\u0000", b"\\ud800", b'"\\u0000"', b"\xff", b"\0", b"\xe2\x80\xa8", b"\t", b'"', b"\\", b"'",
    b"9999-12-31T23:59:59Z", b"0001-01-01 00:00:00", b"2026-02-30T25:61:61+99:99", b"99999 days",
    b"31/Dec/9999:23:59:59 +9999", b"}{", b"]]]", b"x" * 3000, "É☃\U0001f4a9".encode(), b"(", b"$1",
)  # fmt: skip
FORMATS = Path(__file__).parents[2] / "sample_logs" / "formats"
NAMES = sorted(path.name for path in FORMATS.iterdir() if path.suffix not in (".gz", ".zst"))


def mutated(line: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 4))):
        begin = chance.randrange(len(line) + 1)
        # A whole value, up to what ends one; or a few bytes, wherever.
        end = begin + chance.randrange(12)
        if chance.random() < 0.7:
            marks = [place for place, byte in enumerate(line) if byte in b':,= "[{\t']
            begin = chance.choice(marks) + 1 if marks else 0
            ends = [line.find(mark, begin) for mark in (b",", b" ", b"}", b"\t", b"]")]
            end = min([place for place in ends if place >= 0], default=len(line))
        line = line[:begin] + chance.choice(STRANGE) + line[end:]
    return line.replace(b"\n", b"")


@pytest.mark.parametrize("name", NAMES)
def test_strange_values(reading: Any, name: str) -> None:
    chance = random.Random(name)
    data = FORMATS.joinpath(name).read_bytes()
    good = [line for line in data.split(b"\n") if line.strip()]
    lines = [*good, *(mutated(chance.choice(good), chance) for _ in range(400))]
    reading.rows(b"\n".join(lines), reading.known_for(data))
