"""Events written as text are read as the same events; damaged text is never half an event."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Event = dict[str, Any]

START = datetime(2026, 1, 1)
# Words that redaction leaves alone: what is lost here was lost by a reader.
WORD = st.from_regex(r"[a-z]{1,8}(-[a-z]{1,4})?", fullmatch=True)
PATH = st.lists(WORD, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))
# Any characters in a field that is read by nobody, with what ends fields and lines in some syntax.
AWKWARD = st.sampled_from("abz019 \"\\'=,;:|[]{}<>%$#/-é☃\t")
NOISE = st.text(AWKWARD | st.characters(codec="utf-8"), max_size=20).map(
    lambda text: "".join(c for c in text if c not in "\n\r\0")
)
EVENT = st.fixed_dictionaries(
    {
        "at": st.integers(0, 10**8).map(lambda ms: START + timedelta(milliseconds=ms)),
        "status": st.sampled_from([200, 204, 301, 404, 499, 503]),
        "method": st.sampled_from(["GET", "POST", "DELETE"]),
        "path": PATH,
        "ms": st.integers(0, 10**6),
        "service": WORD,
        "w3c": st.from_regex(r"[1-9a-f][0-9a-f]{31}", fullmatch=True),
        "noise": NOISE,
    }
)
EVENTS = st.lists(EVENT, min_size=15, max_size=30)
COLUMNS = ("occurred_at", "http_status", "http_method", "url_path", "duration_ms")
few = settings(
    max_examples=3,  # of many events each: planning takes longer than reading
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def wanted(event: Event, *, seconds: bool = False) -> tuple[Any, ...]:
    at = event["at"].replace(microsecond=0) if seconds else event["at"]
    return (at, event["status"], event["method"], event["path"], event["ms"])


def found(rows: list[dict[str, Any]], columns: tuple[str, ...] = COLUMNS) -> list[tuple[Any, ...]]:
    assert [row["reject_reason"] for row in rows] == [None] * len(rows)
    return [tuple(row[column] for column in columns) for row in rows]


def as_json(e: Event) -> str:
    value = {
        "noise": e["noise"],
        "timestamp": e["at"].isoformat() + "Z",
        "http.status_code": e["status"],
        "http": {"method": e["method"], "path": e["path"], "other": [e["noise"]]},
        "duration_ms": e["ms"],
        "service": {"name": e["service"]},
        "traceId": e["w3c"],
    }
    return json.dumps(value, ensure_ascii=len(e["noise"]) % 2 == 0)


def as_logfmt(e: Event) -> str:
    noise = e["noise"].replace("\\", "\\\\").replace('"', '\\"')
    return (
        f'noise="{noise}" ts={e["at"].isoformat()}Z status={e["status"]} method={e["method"]} '
        f"path={e['path']} duration={e['ms']}ms empty= word service={e['service']}"
    )


def as_cells(e: Event) -> str:
    noise = e["noise"].replace('"', '""')
    return f'{e["at"].isoformat()}Z,"{noise}",{e["status"]},{e["method"]},{e["path"]},{e["ms"]}'


def as_nginx(e: Event) -> str:
    agent = (
        e["noise"].encode("unicode_escape").decode().replace('"', r"\x22").replace("\\\\", r"\x5C")
    )
    return (
        f'192.0.2.7 - - [{e["at"]:%d/%b/%Y:%H:%M:%S} +0000] "{e["method"]} {e["path"]} HTTP/1.1" '
        f'{e["status"]} 120 "-" "{agent}" trace_id=- rt={e["ms"] / 1000:.3f} urt="0.1" uaddr="-" '
        "retry_after=- tenant=-"
    )


def as_balancer(e: Event) -> str:
    agent = e["noise"].encode("unicode_escape").decode().replace('"', "%22")
    return (
        f"https {e['at'].isoformat()}Z app/chert/1 192.0.2.7:2817 10.0.0.1:80 0.000 "
        f"{e['ms'] / 1000:.3f} 0.000 {e['status']} 200 34 366 "
        f'"{e["method"]} https://api:443{e["path"]} HTTP/1.1" "{agent}" - - arn:x '
        f'"Root=1-58337262-{e["w3c"][:24]}" "-" "-" 0 2026-01-01T00:00:00.0Z "forward" "-" "-" '
        '"10.0.0.1:80" "200" "-" "-"'
    )


def as_spans(events: list[Event]) -> str:
    def span(e: Event) -> dict[str, Any]:
        values = {"http.method": e["method"], "url.path": e["path"], "noise": e["noise"]}
        attributes: list[Any] = [
            {"key": key, "value": {"stringValue": value}} for key, value in values.items()
        ]
        status = {"key": "http.response.status_code", "value": {"intValue": e["status"]}}
        nanoseconds = (e["at"] - datetime(1970, 1, 1)) // timedelta(microseconds=1) * 1000
        return {
            "traceId": e["w3c"].upper(),
            "endTimeUnixNano": str(nanoseconds),
            "attributes": [*attributes, status],
        }

    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(map(span, events))}]}]})


@few
@given(events=EVENTS)
def test_json(reading: Any, events: list[Event]) -> None:
    data = "".join(as_json(e) + "\n" for e in events).encode()
    rows = reading.rows(data, "json")
    assert found(rows) == [wanted(e) for e in events]
    named = found(rows, ("service", "otel_trace_id"))
    assert named == [(e["service"], e["w3c"]) for e in events]


@few
@given(events=EVENTS)
def test_logfmt(reading: Any, events: list[Event]) -> None:
    data = "".join(as_logfmt(e) + "\n" for e in events).encode()
    assert found(reading.rows(data, "logfmt")) == [wanted(e) for e in events]


@few
@given(events=EVENTS, separator=st.sampled_from(",;"), block=st.sampled_from([300, 1 << 20]))
def test_csv(reading: Any, events: list[Event], separator: str, block: int) -> None:
    """Noise with newlines and whole rows in it, and one row whose quote nobody closes."""
    header = "timestamp,noise,status,method,path,duration_ms"
    noisy = [{**e, "noise": e["noise"] + "\n" * (n % 3) + e["noise"]} for n, e in enumerate(events)]
    lines = [header, *map(as_cells, noisy)]
    lines[4:4] = [f'{events[0]["at"].isoformat()}Z,"no end']
    text = "\n".join(lines if separator == "," else map(_with_semicolons, lines))
    rows = reading.rows(text.encode(), block=block)
    assert [row["reject_reason"] for row in (rows[0], rows[4])] == ["blank", "syntax"]
    assert found([*rows[1:4], *rows[5:]]) == [wanted(e) for e in events]


def _with_semicolons(line: str) -> str:
    """The same row, separated by semicolons outside quotes."""
    parts = line.split('"')
    return '"'.join(p.replace(",", ";") if n % 2 == 0 else p for n, p in enumerate(parts))


@few
@given(events=EVENTS)
def test_template(reading: Any, events: list[Event]) -> None:
    data = "".join(as_nginx(e) + "\n" for e in events).encode()
    assert found(reading.rows(data, "nginx:chert")) == [wanted(e, seconds=True) for e in events]


@few
@given(events=EVENTS)
def test_pattern(reading: Any, events: list[Event]) -> None:
    data = "".join(as_balancer(e) + "\n" for e in events).encode()
    assert found(reading.rows(data, "alb")) == [wanted(e) for e in events]


@few
@given(events=EVENTS)
def test_spans(reading: Any, events: list[Event]) -> None:
    rows = reading.rows(as_spans(events).encode() + b"\n", "otlp-traces")
    columns = ("occurred_at", "http_status", "http_method", "url_path", "otel_trace_id")
    assert found(rows, columns) == [(*wanted(e)[:4], e["w3c"]) for e in events]
    assert [row["record_number"] for row in rows] == list(range(1, len(events) + 1))


LINES = {
    "json": as_json,
    "logfmt": as_logfmt,
    "nginx:chert": as_nginx,
    "alb": as_balancer,
}


CASE = st.tuples(EVENT, EVENT, st.floats(0.05, 0.95), st.integers(0, 10**6))


@few
@given(cases=st.lists(CASE, min_size=15, max_size=30))
@pytest.mark.parametrize("format_", LINES)
def test_damaged_lines_are_rejected_and_their_neighbours_are_not(
    reading: Any, format_: str, cases: list[tuple[Event, Event, float, int]]
) -> None:
    """Cut, glued, with a byte that is not UTF-8, with a NUL: never an event with other numbers."""
    lines: list[bytes] = []
    for event, other, share, at in cases:
        line, good = LINES[format_](event).encode(), LINES[format_](other).encode()
        place = at % len(line)
        broken = line[:place] + b"\xff" + line[place:]
        damaged = [line[: int(len(line) * share)], line + good, broken, b"\0" + line]
        lines += [part for bad in damaged for part in (good, bad)]
    rows = reading.rows(b"\n".join(lines) + b"\r\n", format_)
    reasons = [row["reject_reason"] for row in rows]
    assert reasons[::2] == [None] * (len(lines) // 2)
    assert set(reasons[5::8]) == {"encoding"} and set(reasons[7::8]) == {"nul"}
    if format_ != "logfmt":  # cut between two pairs it is logfmt still, and glued it may be
        assert None not in reasons[1::8] and None not in reasons[3::8]
    offset = 0
    for line, row in zip(lines, rows, strict=True):
        assert row["byte_offset"] == (offset if row["reject_reason"] else None)
        offset += len(line) + 1
