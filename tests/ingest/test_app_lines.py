"""What the application log's reader makes of single lines."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

import pytest

TRACE = "0a1b2c3d4e5f"
FULL_WIDTH = "+" + "".join(chr(0xFF10 + int(digit)) for digit in "12025550143")


@pytest.fixture(scope="module")
def read(read_lines: Any) -> Callable[[bytes], dict[str, Any]]:
    """Read one line of the application log."""

    def one(line: bytes) -> dict[str, Any]:
        (row,) = read_lines("app", line)
        return row

    return one


@pytest.fixture(scope="module")
def read_all(read_lines: Any) -> Callable[[list[bytes]], list[dict[str, Any]]]:
    """Read many lines at once: to plan the reader's statement takes longer than to run it."""
    return lambda given: read_lines("app", b"".join(given))


@pytest.fixture(scope="module")
def answer(read: Any, lines: Any) -> Callable[..., dict[str, Any]]:
    """Read an answer with this body."""
    return lambda body, status=400, **fields: read(
        lines.sent("10:00:00", TRACE, status, response__body=body, **fields)
    )


ERROR = {"code": 4001, "message": "No route", "retryable": False}
SHAPES = {
    "standard": {"success": False, "error": {"status": 500, **ERROR}, "trace_id": TRACE},
    "send_flat": {**ERROR, "status": "failed", "reason": "unreachable", "trace_id": TRACE},
    "ok_flag": {"ok": False, **ERROR, "trace_id": TRACE},
    "hubspot_webhook": {"ok": False, **ERROR, "trace_id": TRACE},
    "hubspot_workflow": {"outputFields": {"ok": False, **ERROR, "trace_id": TRACE}},
}


@pytest.mark.parametrize("as_string", [False, True], ids=["object", "JSON string"])
@pytest.mark.parametrize("envelope", SHAPES)
def test_every_envelope_is_read(answer: Any, envelope: str, as_string: bool) -> None:
    body = SHAPES[envelope]
    surface = {"ok_flag": "salesforce"}.get(envelope, envelope.split("_")[0])
    row = answer(json.dumps(body) if as_string else body, 500, surface=surface)
    assert row["reject_reason"] is None
    assert row["envelope"] == envelope
    assert (row["is_error"], row["error_code"], row["retryable"]) == (True, 4001, False)
    assert row["error_message"] == "No route"
    assert row["code_as_string"] is False
    assert row["body_trace_ok"] is True
    assert row["reason"] == ("unreachable" if envelope == "send_flat" else None)
    assert row["body_status"] == (500 if envelope == "standard" else None)
    assert row["body_success"] is (None if envelope == "send_flat" else False)


@pytest.mark.parametrize("envelope", SHAPES)
def test_extra_fields_are_read_in_every_envelope(answer: Any, envelope: str) -> None:
    extra = {"retry_after": 30, "attachment_index": 2, "allowed_effects": ["confetti", "echo"]}
    body = json.loads(json.dumps(SHAPES[envelope]))
    inner = body.get("error") or body.get("outputFields") or body
    row = answer({**body, **extra} if inner is body else _with(body, extra))
    assert (row["retry_after_s"], row["attachment_index"]) == (30, 2)
    assert row["allowed_effects"] == ["confetti", "echo"]


def _with(body: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    name = "error" if "error" in body else "outputFields"
    return {**body, name: {**body[name], **extra}}


@pytest.mark.parametrize("envelope", SHAPES)
def test_a_body_without_a_code_keeps_its_shape(answer: Any, envelope: str) -> None:
    """`missing_code` is a contract violation, and still an error of that shape."""
    body = json.loads(json.dumps(SHAPES[envelope]))
    inner = body.get("error") or body.get("outputFields") or body
    del inner["code"]
    inner.pop("status", None)
    row = answer(body, 400, surface="hubspot" if "hubspot" in envelope else "v1")
    assert (row["is_error"], row["error_code"], row["retryable"]) == (True, None, False)
    assert row["envelope"] == envelope


@pytest.mark.parametrize(
    ("sent", "wanted"), [(True, True), (False, False), (None, None), ("yes", None), (1, None)]
)
def test_retryable_is_three_valued_and_read_never_derived(
    answer: Any, sent: Any, wanted: bool | None
) -> None:
    for code in (1007, 4001):
        row = answer({"ok": False, "code": code, "retryable": sent})
        assert row["retryable"] is wanted


def test_a_missing_retryable_is_null(answer: Any) -> None:
    row = answer({"ok": False, "code": 1007})
    assert (row["retryable"], row["error_code"]) == (None, 1007)


@pytest.mark.parametrize(
    ("sent", "code", "as_string"),
    [
        (1007, 1007, False),
        ("1007", 1007, True),
        (4100, 4100, False),
        (-1, -1, False),
        ("E_LIMIT", None, True),
        (None, None, None),
        (2**40, None, False),
    ],
)
def test_codes_are_kept_as_sent(
    answer: Any, sent: Any, code: int | None, as_string: bool | None
) -> None:
    row = answer({"ok": False, "code": sent, "retryable": True})
    assert (row["error_code"], row["code_as_string"]) == (code, as_string)
    assert row["is_error"] is True


def test_a_failure_under_200_is_an_error(answer: Any) -> None:
    row = answer(SHAPES["hubspot_workflow"], 200)
    assert (row["is_error"], row["http_status"]) == (True, 200)


def test_an_answer_without_a_body_is_a_success(read: Any, lines: Any) -> None:
    row = read(lines.sent("10:00:00", TRACE, 204))
    assert (row["is_error"], row["error_code"], row["envelope"]) == (False, None, None)


def test_an_answer_of_400_and_more_without_a_body_is_an_error(read: Any, lines: Any) -> None:
    row = read(lines.sent("10:00:00", TRACE, 502))
    assert (row["is_error"], row["error_code"], row["retryable"]) == (True, None, None)


@pytest.mark.parametrize("body", [{"success": True}, {"ok": True, "data": {"code": 7}}])
def test_a_body_of_success_is_none(answer: Any, body: Any) -> None:
    """A code in unrelated JSON makes no error."""
    row = answer(body, 200)
    assert (row["is_error"], row["error_code"], row["body_success"]) == (False, None, True)


def test_a_code_beats_a_flag_of_success(answer: Any) -> None:
    row = answer({"success": True, "error": {"code": 4001, "retryable": True}}, 200)
    assert (row["is_error"], row["body_success"]) == (True, True)


@pytest.mark.parametrize(("status", "is_error"), [(200, False), (500, True)])
def test_a_body_of_no_known_shape_is_no_reason_to_reject(
    read_all: Any, lines: Any, status: int, is_error: bool
) -> None:
    bodies = ["", "not JSON", "{", "[]", "null", 42, [1], True, "<html>"]
    given = [lines.sent("10:00:00", TRACE, status, response__body=body) for body in bodies]
    for body, row in zip(bodies, read_all(given), strict=True):
        assert (body, row["reject_reason"]) == (body, None)
        assert (row["is_error"], row["error_code"], row["envelope"]) == (is_error, None, None)


@pytest.mark.parametrize(
    ("headers", "trace_ok", "wait"),
    [
        ({"X-Trace-ID": TRACE, "Retry-After": "30"}, True, 30),
        ({"X-Trace-ID": "ffffffffffff", "Retry-After": "0"}, False, 0),
        ({}, None, None),
        (None, None, None),
        ({"Retry-After": "Sat, 21 Nov 2026 10:00:42 GMT"}, None, 42),
        ({"Retry-After": "soon"}, None, None),
        ({"Retry-After": "-5"}, None, None),
        ({"Retry-After": "99999999999"}, None, None),
    ],
)
def test_headers(
    read: Any, lines: Any, headers: Any, trace_ok: bool | None, wait: int | None
) -> None:
    row = read(lines.sent("10:00:00", TRACE, 429, response__headers=headers))
    assert row["header_trace_ok"] is trace_ok
    assert row["retry_after_header_s"] == wait


def test_header_and_body_wait_are_kept_apart(answer: Any) -> None:
    row = answer(
        {"ok": False, "code": 1007, "retryable": True, "retry_after": 30},
        429,
        response__headers={"X-Trace-ID": TRACE, "Retry-After": "60"},
    )
    assert (row["retry_after_s"], row["retry_after_header_s"]) == (30, 60)


TIMES = {
    "2026-11-21T10:00:00.000001Z": datetime(2026, 11, 21, 10, 0, 0, 1),
    "2026-11-21T10:00:00Z": datetime(2026, 11, 21, 10),
    "2026-11-21T10:00:00": datetime(2026, 11, 21, 10),
    "2026-11-21 10:00:00.5Z": datetime(2026, 11, 21, 10, 0, 0, 500000),
    "2026-11-21T10:00:00+02:00": datetime(2026, 11, 21, 8),
    "2026-11-21T10:00:00.25-05:30": datetime(2026, 11, 21, 15, 30, 0, 250000),
    "2026-11-21T10:00:00+0530": datetime(2026, 11, 21, 4, 30),
    "2026-11-21T00:10:00+00:30": datetime(2026, 11, 20, 23, 40),
    "2026-11-21T10:00:00-00:30": datetime(2026, 11, 21, 10, 30),
    "2026-12-31T23:59:60Z": datetime(2027, 1, 1),
    "2026-12-31T23:59:60.500Z": datetime(2027, 1, 1, 0, 0, 0, 500000),
    "2026-11-21T10:00:00.123456789Z": datetime(2026, 11, 21, 10, 0, 0, 123456),
    "1970-01-01T00:00:00Z": datetime(1970, 1, 1),
    "2262-05-01T00:00:00Z": datetime(2262, 5, 1),
    "2024-02-29T00:00:00Z": datetime(2024, 2, 29),
}


def test_times(read_all: Any, lines: Any) -> None:
    rows = read_all([lines.app("10:00:00", "x", ts=ts) for ts in TIMES])
    found = [(row["occurred_at"], row["reject_reason"]) for row in rows]
    assert dict(zip(TIMES, found, strict=True)) == {ts: (at, None) for ts, at in TIMES.items()}


NO_TIMES = [
    "2026-13-45T10:00:00Z", "2025-02-29T10:00:00Z", "2026-11-21T24:01:00Z", "epoch", "infinity",
    "-infinity", "now", "today", "", "-", "2026-11-21", "21/Nov/2026:10:00:00 +0000",
    "2026-11-21T10:00:61Z", "2026-11-21T10:60:00Z", 1795219202, 1795219202.5, True, {}, [],
    "2026-11-21T10:00:00+99", "2026-11-21T10:00:00Z extra", "20261121T100000Z",
]  # fmt: skip


def test_unreadable_times_are_rejected_and_never_now(read_all: Any, lines: Any) -> None:
    given = [lines.app("10:00:00", "x", ts=ts) for ts in NO_TIMES]
    found = [row["reject_reason"] for row in read_all(given)]
    assert list(zip(NO_TIMES, found, strict=True)) == [(ts, "time") for ts in NO_TIMES]


@pytest.mark.parametrize("event", [None, ""])
def test_a_line_without_an_event_is_rejected(read: Any, lines: Any, event: Any) -> None:
    assert read(lines.app("10:00:00", event))["reject_reason"] == "event"


NO_NUMBERS = [
    b'"fast"', b"NaN", b"Infinity", b"-Infinity", b"1e999", b'""', b"{}", b"[]", b'"NaN"',
    b"9223372036854775808", b"1e300", b"-9223372036854775809",
]  # fmt: skip


@pytest.mark.parametrize("name", ["http.status", "duration_ms"])
def test_a_number_that_is_none_is_rejected(read_all: Any, lines: Any, name: str) -> None:
    """NaN is no JSON, though the parser takes it. What is beyond the type must not wrap."""
    whole = lines.app("10:00:00", "response.sent", TRACE, **{name: 7})
    rows = read_all([whole.replace(b":7", b":" + value) for value in NO_NUMBERS])
    for value, row in zip(NO_NUMBERS, rows, strict=True):
        assert (value, row["reject_reason"]) == (value, "number")
        assert (row["http_status"], row["duration_ms"]) == (None, None)


def test_a_status_beyond_its_type_is_rejected_not_wrapped(read_all: Any, lines: Any) -> None:
    given = [lines.sent("10:00:00", TRACE, status) for status in (99999, 32768, -40000)]
    assert [row["reject_reason"] for row in read_all(given)] == ["number"] * 3


@pytest.mark.parametrize(("value", "wanted"), [(12.4, 12), (12.6, 13), ("12", 12), (0, 0)])
def test_durations_are_whole_milliseconds(read: Any, lines: Any, value: Any, wanted: int) -> None:
    row = read(lines.app("10:00:00", "response.sent", TRACE, duration_ms=value))
    assert (row["duration_ms"], row["reject_reason"]) == (wanted, None)


def test_of_a_key_said_twice_the_first_counts(read: Any, lines: Any) -> None:
    line = lines.sent("10:00:00", TRACE, 500, code=4001)
    twice = line.replace(b"}\n", b',"trace_id":"ffffffffffff","tenant_id":"other"}\n')
    row = read(twice)
    assert (row["trace_id"], row["tenant_id"], row["reject_reason"]) == (TRACE, "acme", None)
    inner = line.replace(b'"code":4001', b'"code":4001,"code":9999')
    assert read(inner)["error_code"] == 4001


def test_unknown_fields_and_events_are_accepted(read: Any, lines: Any) -> None:
    row = read(lines.app("10:00:00", "cache.miss", TRACE, shard=7, nested={"a": [1, {"b": None}]}))
    assert (row["event"], row["reject_reason"], row["is_error"]) == ("cache.miss", None, None)


REASONS = {
    b"{}{}": "glued",
    b'{"resour\x1ee}{Spans":[]}': "json",
    b'{"a":1} {"b":2}\t{"c":"}{"}': "glued",
    b'{"a":1}{"b":': "json",
    b'{"a":1},{"b":2}': "json",
    b"null": "not_object",
    b"42": "not_object",
    b"[]": "not_object",
    b'"x"': "not_object",
    b"  [1] ": "not_object",
    b"{": "json",
    b"panic: worker stopped": "json",
    b'{"a":1}x': "json",
    b"{'a':1}": "json",
    b"": "blank",
    b" \t \r": "blank",
    b"a\0b": "nul",
    b"a\xffb": "encoding",
    b"{}": "time",
}


def test_reasons(read_all: Any) -> None:
    rows = read_all([line + b"\n" for line in REASONS])
    found = [row["reject_reason"] for row in rows]
    assert dict(zip(REASONS, found, strict=True)) == REASONS
    assert {row["trace_id"] for row in rows} == {None}


def test_two_whole_lines_glued_are_one_rejected_line(read: Any, lines: Any) -> None:
    """Kept as one, so that lines and events can be balanced."""
    line = lines.sent("10:00:00", TRACE, 500, code=4001).rstrip(b"\n")
    assert read(line + line)["reject_reason"] == "glued"


@pytest.mark.parametrize("bracket", [b"[]", b'{"a":}'], ids=["arrays", "objects"])
def test_deep_nesting_stops_nothing(read_lines: Any, lines: Any, bracket: bytes) -> None:
    """Accepted or rejected, but the lines around it are read."""
    opening, closing = bracket[:-1], bracket[-1:]
    deep = opening * 10_000 + b"1" + closing * 10_000
    good = lines.app("10:00:00", "x", TRACE)
    middle = good.replace(b"}\n", b',"deep":' + deep + b"}\n")
    rows = read_lines("app", good + middle + deep + b"\n" + good)
    assert [row["line_number"] for row in rows] == [1, 2, 3, 4]
    assert rows[0]["reject_reason"] is None and rows[3]["reject_reason"] is None
    assert rows[2]["reject_reason"] is not None


def test_an_error_body_may_be_nested_deeply(answer: Any) -> None:
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    row = answer({"ok": False, "code": 4001, "retryable": True, "more": deep})
    assert (row["reject_reason"], row["error_code"]) == (None, 4001)


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_bom_and_crlf_leave_no_trace(read: Any, lines: Any, end: bytes, mark: bytes) -> None:
    """The hash is the same too: a copy with other line ends is a duplicate."""
    line = lines.sent("10:00:00", TRACE, 500, code=4001)
    plain = read(line)
    other = read(mark + line.replace(b"\n", end))
    assert {k: v for k, v in other.items() if k != "byte_offset"} == plain | {} or other == plain


def test_strings_may_hold_any_character(read: Any, lines: Any) -> None:
    row = read(lines.sent("10:00:00", TRACE, code=4001, tenant_id="a\u2028b"))
    assert row["reject_reason"] is None
    assert row["tenant_id"] == "a\u2028b"


@pytest.mark.parametrize(
    ("path", "surface"),
    [
        ("/api/v1/send", "v1"),
        ("/api/slack/commands", "slack"),
        ("/api/hubspot/x", "hubspot"),
        ("/api/salesforce/x", "salesforce"),
        ("/healthz", "other"),
        ("/api/v10/x", "other"),
    ],
)
def test_a_missing_surface_follows_the_path(read: Any, lines: Any, path: str, surface: str) -> None:
    assert read(lines.sent("10:00:00", TRACE, path=path, surface=None))["surface"] == surface


def test_an_unknown_surface_is_kept(read: Any, lines: Any) -> None:
    assert read(lines.sent("10:00:00", TRACE, surface="teams"))["surface"] == "teams"


def keyed(key: bytes, canonical: str) -> int:
    """The documented pseudonym by Python's own HMAC: two digits name the key, 14 are the HMAC."""
    key_id = hashlib.sha256(b"chertlog key id" + key).hexdigest()[:2]
    digest = hmac.new(key, canonical.encode(), hashlib.sha256).hexdigest()
    return int(key_id + digest[:14], 16)


def test_the_pseudonym_is_a_keyed_hash_of_the_number(read: Any, lines: Any, key: bytes) -> None:
    row = read(lines.received("10:00:00", TRACE, to="+12025550143", line="+12025550199"))
    assert row["recipient"] == keyed(key, "12025550143")
    assert row["line_id"] == keyed(key, "12025550199")


SPELLINGS = [
    "+12025550143", "12025550143", "2025550143", "(202) 555-0143", "+1 202 555 0143",
    "+1-202-555-0143", "202.555.0143", "001 202 555 0143", "011 1 202 555 0143",
    " +1 (202) 555 0143 ", "tel:+1-202-555-0143", FULL_WIDTH,
]  # fmt: skip


def test_one_person_is_one_pseudonym(read_all: Any, lines: Any, key: bytes) -> None:
    rows = read_all([lines.received("10:00:00", TRACE, to=spelling) for spelling in SPELLINGS])
    found = dict(zip(SPELLINGS, [row["recipient"] for row in rows], strict=True))
    assert found == dict.fromkeys(SPELLINGS, keyed(key, "12025550143"))


def test_any_spelling_of_a_number_is_one_pseudonym(
    read_lines: Any, lines: Any, key: bytes, spelled: Callable[[str, Random], str]
) -> None:
    """300 random numbers in 4 random spellings each."""
    chance = Random(11)
    wanted, made = {}, []
    for n in range(1200):
        if n % 4 == 0:
            code = chance.choice(["1", "1", "44", "49", "91", "971"])
            number = code + "".join(chance.choice("23456789") for _ in range(10))
        text = spelled(number, chance)
        wanted[f"t{n}"] = (keyed(key, number), text)
        made.append(lines.received("10:00:00", f"t{n}", to=text))
    rows = read_lines("app", b"".join(made))
    wrong = {
        wanted[row["trace_id"]][1]: row["recipient"]
        for row in rows
        if row["recipient"] != wanted[row["trace_id"]][0]
    }
    assert (len(rows), wrong) == (1200, {})


def test_other_people_are_other_pseudonyms(read_lines: Any, lines: Any, key: bytes) -> None:
    others = ["+442079460143", "+12025550144", "a@example.com", "A@Example.com ", "+4915123456789"]
    made = [lines.received("10:00:00", f"t{n}", to=to) for n, to in enumerate(others)]
    found = [row["recipient"] for row in read_lines("app", b"".join(made))]
    assert found[2] == found[3] == keyed(key, "a@example.com")
    assert len(set(found)) == 4


def test_hashes_and_keys_of_clients_are_keyed_again(read: Any, lines: Any, key: bytes) -> None:
    """An unkeyed hash of number and text could be guessed."""
    row = read(
        lines.received("10:00:00", TRACE, body_hash="00112233445566aa", idempotency_key="k1")
    )
    plain = hashlib.sha256(b"chertlog rekey" + key).digest()
    for name, value in (("body_hash", b"00112233445566aa"), ("idempotency_key", b"k1")):
        digest = hashlib.sha256(plain + value).hexdigest()[:14]
        assert f"{row[name]:016x}"[2:] == digest


@pytest.mark.parametrize("name", ["idempotency_key", "body_hash", "to", "line"])
def test_an_empty_value_is_none(read: Any, lines: Any, name: str) -> None:
    row = read(lines.received("10:00:00", TRACE, **{name: ""}))
    column = {"to": "recipient", "line": "line_id"}.get(name, name)
    assert row[column] is None


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("2001:db8::1", "2001:db8:0::/48"),
        ("unix:", None),
        ("", None),
        ("someone's phone", None),
    ],
)
def test_client_addresses_are_truncated(
    read: Any, lines: Any, address: str, wanted: str | None
) -> None:
    assert read(lines.received("10:00:00", TRACE, client_ip=address))["client_ip"] == wanted


def test_lines_of_a_capacity_event(read: Any, lines: Any, key: bytes) -> None:
    states = [
        {"line": "+12025550199", "used": 50, "cap": 50},
        {"line": "+12025550198", "used": "x"},
    ]
    row = read(lines.app("10:00:00", "capacity.exhausted", TRACE, lines=states))
    assert row["lines"] == [
        {"line": keyed(key, "12025550199"), "used": 50, "cap": 50},
        {"line": keyed(key, "12025550198"), "used": None, "cap": None},
    ]


def test_internal_detail_is_kept(read: Any, lines: Any) -> None:
    row = read(
        lines.app(
            "10:00:00", "handler.exception", TRACE,
            error_type="KeyError", detail="conversation", stack="Traceback:\n  File x",
        )
    )  # fmt: skip
    assert (row["error_type"], row["detail"]) == ("KeyError", "conversation\nTraceback:\n  File x")
    row = read(lines.app("10:00:00", "ratelimit.rejected", TRACE, limit_rps=5, tokens=0.25))
    assert row["detail"] == "limit 5 per second, tokens left 0.25"


@pytest.mark.parametrize(
    ("trace", "wanted"),
    [
        ("0a1b2c3d", "0a1b2c3d"),
        ("0A1B2C3D", "0A1B2C3D"),
        (12, "12"),
        (None, None),
        # Else all lines that have none would become one response.
        ("", None),
        ("-", None),
    ],
)
def test_trace_ids(read: Any, lines: Any, trace: Any, wanted: str | None) -> None:
    assert read(lines.app("10:00:00", "x", trace))["trace_id"] == wanted
