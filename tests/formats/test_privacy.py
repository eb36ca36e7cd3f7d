"""Whatever a field map yields passes the same redaction; what no map names is never kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chertlog.ingest.fieldmap import DURATIONS, shipped
from chertlog.ingest.syntax import Json

CARD, PHONE, MAIL = "4242 4242 4242 4242", "+12025550143", "ann.lee@example.com"
BEARER, KEY = "Bearer abcDEF123456", "ck_live_a1b2c3d4e5f6"
TEXT = "Dear Ann, your code is 4711"
SECRETS = ("4242 4242", "2025550143", "ann.lee", "abcDEF123456", "ck_live_a1", "Dear Ann")
# No name of a field that texts of events may come from.
STRAY = {"msg": TEXT, "message": TEXT, "text": TEXT, "to": PHONE, "card": {"number": CARD}}


def filled(names: list[str], secret: str) -> dict[str, Any]:
    """A record that has the secret in every field, nested as the names say."""
    value: dict[str, Any] = dict(STRAY)
    for name in names:
        bare = name.removesuffix("[0]")
        *outer, last = bare.split(".")
        place = value
        for key in outer:
            inner = place.get(key)
            place[key] = place = inner if isinstance(inner, dict) else {}
        if not isinstance(place.get(last), dict):
            place[last] = [secret] if name.endswith("[0]") else secret
    return value


JSON_MAPS = [name for name, made in shipped().items() if "json" in made.syntaxes]


@pytest.mark.parametrize("name", JSON_MAPS)
def test_no_secret_passes_a_map(reading: Any, name: str) -> None:
    made = shipped()[name]
    assert isinstance(reading.known[0].name, str) and Json(made.names).names
    times = {one for one in made.fields["time"] if isinstance(one, str)}
    lines = []
    for secret in (CARD, PHONE, MAIL, BEARER, KEY):
        record = filled([n for n in made.names if n not in times], secret)
        for numeric in ("status", "error_code", *DURATIONS, "duration_text"):
            for one in made.fields.get(numeric, ()):
                record = without(record, one)
        lines.append(record | dict.fromkeys(times, "2026-11-21T10:00:00Z"))
    data = "".join(json.dumps(line) + "\n" for line in lines).encode()
    rows = reading.rows(data, name)
    assert [row["reject_reason"] for row in rows] == [None] * len(lines)
    kept = repr(rows)
    assert [secret for secret in SECRETS if secret in kept] == [], kept


def without(record: dict[str, Any], name: Any) -> dict[str, Any]:
    """The record without a field, whichever way it is written."""
    names = (name,) if isinstance(name, str) else name
    for one in names:
        place: Any = record
        *outer, last = one.removesuffix("[0]").split(".")
        for key in outer:
            place = place.get(key, {}) if isinstance(place, dict) else {}
        if isinstance(place, dict):
            place.pop(last, None)
    return record


def test_no_secret_passes_a_pattern(reading: Any) -> None:
    lines = [
        f'192.0.2.7 - {MAIL} [21/Nov/2026:10:00:00 +0000] "GET /to/{PHONE}?key={KEY} HTTP/1.1" 200 '
        f'1 "https://x/?token={KEY}" "agent {BEARER} {PHONE}"',
        f'192.0.2.7 - - [21/Nov/2026:10:00:00 +0000] "GET /{MAIL}/%2B12025550143 HTTP/1.1" 200',
    ]
    rows = reading.rows("\n".join(lines).encode(), "nginx:combined")
    assert [row["reject_reason"] for row in rows] == [None, "syntax"]
    kept = repr(rows)
    assert [secret for secret in SECRETS if secret in kept] == []
    assert "192.0.2.7" not in kept


def test_no_secret_passes_a_wrapper(reading: Any) -> None:
    """Neither what it knows itself nor a message that is only text."""
    line = f"<13>Nov 21 11:00:40 {MAIL} {KEY}[42]: {TEXT} {CARD}\n" * 3
    rows = reading.rows((line + f"{TEXT} {PHONE}\n").encode(), "syslog-3164 > text")
    assert [row["reject_reason"] for row in rows] == [None] * 3 + ["wrapper"]
    kept = repr(rows)
    assert [secret for secret in SECRETS if secret in kept] == []
