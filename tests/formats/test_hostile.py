"""Whatever stands in a line, every record becomes a row, and its neighbours become theirs."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from chertlog.ingest import blocks

FORMATS = Path(__file__).parents[2] / "sample_logs" / "formats"
NAMES = sorted(path.name for path in FORMATS.iterdir() if path.suffix not in (".gz", ".zst"))
# Text of any form, or JSON of several lines: what is cut or glued there is read, too.
TOLERANT = ("text", "plain", "logfmt", "slog-text", "document", "cloudwatch")
UNFINISHED = {"docker.log"}  # whose last line waits for another

# What takes the place of a value, a word or a few bytes.
STRANGE = (
    b"null", b"true", b"[]", b"{}", b'[{"a":1}]', b'{"a":{"b":[1]}}', b'""', b"-1", b"1e999",
    b"NaN", b"99999999999999999999999999", b"0.0000000001", b"9" * 17, b"9" * 19, b"1e10",
    b"/%ff%fe%/x%41", b"%00",
    b"\\u0000", b"\\ud800", b'"\\u0000"', b"\xff", b"\0", b"\xe2\x80\xa8", b"\t", b'"', b"\\", b"'",
    b"9999-12-31T23:59:59Z", b"0001-01-01 00:00:00", b"2026-02-30T25:61:61+99:99", b"99999 days",
    b"31/Dec/9999:23:59:59 +9999", b"}{", b"]]]", b"x" * 3000, "É☃\U0001f4a9".encode(), b"(", b"$1",
)  # fmt: skip


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
def test_damage_and_strange_values(
    reading: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between whole copies of a sample stands a damaged line each: it alone is rejected, where it
    is and for what it is, and every copy becomes what the first does. Behind them, anything."""
    longest = 40_000
    monkeypatch.setattr(blocks, "MAX_LINE_BYTES", longest)
    chance = random.Random(name)
    whole = FORMATS.joinpath(name).read_bytes()
    if name in UNFINISHED:
        whole = whole[: whole.rindex(b"\n", 0, -1)]
    format_ = reading.known_for(whole)
    lines = [line for line in whole.split(b"\n") if line.strip()]
    is_document = "document" in format_.name
    line = max(lines if is_document else lines[-2:], key=len)  # not the header of a table
    place = chance.randrange(1, len(line) // 2)  # what stands at the end of some may be missing
    damage = {
        line[:place] + b"\xff" + line[place:]: {"encoding"},
        line[:place] + b"\0" + line[place:]: {"nul"},
        b"\0" * 200: {"nul"},
        b"panic: \xe2\x98\x83 no such carrier": {"wrapper", "syntax", "json"},
        b"x" * (longest + 1): {"too_long"},
        line[:place]: {"wrapper", "syntax", "json"},
        line + line: {"wrapper", "syntax", "glued", "json"},
    }
    copy = whole.rstrip(b"\n").replace(b"\r", b"")
    data, places = copy + b"\n", []
    for damaged in damage:
        places.append((data.count(b"\n") + 1, len(data)))
        data += damaged + b"\n" + copy.replace(b"\n", b"\r\n") + b"\r\n"
    known = data.count(b"\n")
    data += b"\n".join(mutated(chance.choice(lines), chance) for _ in range(300))
    rows = [row for row in reading.rows(data, format_) if row["line_number"] <= known]

    height = copy.count(b"\n") + 1
    first = [relative(row, 0) for row in rows if row["line_number"] <= height]
    for (number, offset), reasons in zip(places, damage.values(), strict=True):
        found = [row for row in rows if row["line_number"] == number]
        if not (reasons & {"glued", "json"} and any(t in format_.name for t in TOLERANT)):
            assert {row["reject_reason"] for row in found} <= reasons, (reasons, found)
            assert [row["byte_offset"] for row in found] == [offset]
        after = [row for row in rows if number < row["line_number"] <= number + height]
        assert [relative(row, number) for row in after] == first, reasons


def relative(row: dict[str, Any], number: int) -> tuple[Any, ...]:
    """A row as it would be at the beginning of the file; where it began says its number."""
    if row["reject_reason"] == "blank":  # never stored
        return (row["line_number"] - number, "blank")
    return (row["line_number"] - number, *(v for n, v in row.items() if n not in ELSEWHERE))


ELSEWHERE = ("line_number", "byte_offset", "line_hash")
