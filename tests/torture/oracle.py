"""What a line of a log is, by a slow and simple parser: the second opinion on the readers' SQL.

It follows the rules of the documentation, line by line and value by value, and shares no code with
the readers. Where a rule rests on how DuckDB reads an odd number, it has no opinion (`UNSURE`):
then a line only has to be accounted for, once.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

UNSURE = "unsure"
EVENT = "accepted"  # not "event", which is a reason: the line has none
MAX_LINE_BYTES = 16 << 20
FIRST_TIME, LAST_TIME = datetime(1970, 1, 1), datetime(2300, 1, 1)


@dataclass
class Verdict:
    """One line, or one record of an OTLP line: `what` is accepted, blank, a reason, or unsure."""

    line_number: int
    byte_offset: int
    what: str
    record: int | None = None
    fields: dict[str, Any] = field(default_factory=dict)


class NoJson(Exception):
    """Not JSON by the letter of RFC 8259."""


def lines_of(data: bytes) -> list[tuple[int, int, bytes]]:
    """Number, offset and bytes of each line: only a newline ends one."""
    found, offset = [], 0
    for number, line in enumerate(data.split(b"\n"), 1):
        found.append((number, offset, line))
        offset += len(line) + 1
    if found and found[-1][2] == b"":
        found.pop()
    return found


def judge(format_name: str, data: bytes) -> list[Verdict]:
    """What each line of a file is, in order."""
    found: list[Verdict] = []
    for number, offset, raw in lines_of(data):
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        text = raw.decode("utf-8", "replace")
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            found.append(Verdict(number, offset, "encoding"))
            continue
        if b"\0" in raw:
            found.append(Verdict(number, offset, "nul"))
        elif len(raw) > MAX_LINE_BYTES:
            found.append(Verdict(number, offset, "too_long"))
        elif format_name == "otlp":
            found += _otlp(number, offset, text)
        else:
            what, fields = (_app if format_name == "app" else _edge)(text)
            found.append(Verdict(number, offset, what, None, fields))
    return found


# ---- JSON


def load_json(text: str) -> Any:
    """A value; of a key that occurs twice the first counts. Raises NoJson."""

    def first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for key, item in pairs:
            value.setdefault(key, item)
        return value

    def refuse(word: str) -> Any:
        raise NoJson(word)

    try:
        value = json.loads(
            text,
            object_pairs_hook=first,
            parse_constant=refuse,
            parse_int=Number,
            parse_float=Number,
        )
    except (ValueError, RecursionError):
        raise NoJson(text[:40]) from None
    if re.search(r"\\u[dD][89a-fA-F]", text):
        raise NoJson("a half of a surrogate pair, perhaps")
    return value


class Number(str):
    """A number as it was written."""


def is_odd_json(text: str) -> bool:
    """Whether lenient parsers may take it, or any parser may give up on it."""
    odd = (
        r"(?i)\b(?:nan|inf|infinity)\b",
        r",\s*[}\]]",
        r"\\u[dD][89a-fA-F]",
        r"\[{50}|(?:\{\"[a-z]*\":){50}",  # parsers differ in how deep they go
        r"[:\[,]\s*-?[0-9]{18}",
        r"[:\[,]\s*-?[0-9.]+[eE]",
    )
    return any(re.search(pattern, text) for pattern in odd)


def text_of(value: Any) -> Any:
    """A value as a text column gets it; `UNSURE` where it is none."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return UNSURE


def unreadable(text: str) -> str:
    """The reason for a line that is not one JSON object."""
    if not text.strip(" \t\r"):
        return "blank"
    if is_odd_json(text):
        return UNSURE
    if is_glued(text):
        return "glued"
    try:
        load_json(text)
    except NoJson:
        return "json"
    return "not_object"


def is_glued(text: str) -> bool:
    """Two or more whole JSON objects, and nothing else but white space."""
    decoder, at, count = json.JSONDecoder(strict=True), 0, 0
    text = text.strip(" \t\r\n")
    while at < len(text):
        if text[at] != "{":
            return False
        try:
            _, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return False
        count += 1
        while at < len(text) and text[at] in " \t\r\n":
            at += 1
    return count > 1


# ---- times and numbers


def time_of(text: Any) -> datetime | str | None:
    """RFC 3339, in UTC; None if it is none or no time that a log can be of."""
    if text is None or text == UNSURE:
        return text
    match = re.fullmatch(
        r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
        r"(?:(Z)| ?([+-])([0-9]{2}):?([0-9]{2}))?",
        text,
    )
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    if hour == 24 or second > 60 or (second == 60 and match[9]):
        return UNSURE
    try:
        at = datetime(year, month, day, hour, minute, min(second, 59))
    except ValueError:
        return None
    at += timedelta(seconds=second == 60, microseconds=int(f"{match[7] or '0':0<6}"[:6]))
    if match[9]:
        shift = timedelta(hours=int(match[10]), minutes=int(match[11]))
        try:
            at -= shift if match[9] == "+" else -shift
        except OverflowError:
            return None
    return at if FIRST_TIME <= at < LAST_TIME else None


def number_is(text: Any, pattern: str, low: float, high: float) -> bool | None:
    """Whether a text is a number within bounds; None: no opinion."""
    if text == UNSURE:
        return None
    if re.fullmatch(pattern, text):
        return low <= float(text) <= high
    return False if re.fullmatch(r"[A-Za-z]{4,}", text) else None


# ---- the three formats


def _app(text: str) -> tuple[str, dict[str, Any]]:
    if not text.lstrip(" \t").startswith("{"):
        return unreadable(text), {}
    try:
        value = load_json(text)
    except NoJson:
        return unreadable(text), {}
    if is_odd_json(text):
        return UNSURE, {}
    at, event = time_of(text_of(value.get("ts"))), text_of(value.get("event"))
    if at is None:
        return "time", {}
    if UNSURE in (at, event):
        return UNSURE, {}
    if not event:
        return "event", {}
    status, duration = text_of(value.get("http.status")), text_of(value.get("duration_ms"))
    checks = [
        status is None or number_is(status, r"-?[0-9]{1,9}", -32768, 32767),
        duration is None or number_is(duration, r"[0-9]{1,12}(?:\.[0-9]{1,6})?", 0, 86399999),
    ]
    if False in checks:
        return "number", {}
    if None in checks:
        return UNSURE, {}
    fields: dict[str, Any] = {"occurred_at": at}
    if status is not None:
        fields["http_status"] = int(status)
    if event == "response.sent":
        fields |= error_fields(value.get("response.body"), fields.get("http_status"), value)
    return EVENT, fields


def error_fields(body: Any, status: int | None, line: dict[str, Any]) -> dict[str, Any]:
    """What the answer's body says: whether it is an error, its code and flag, its envelope."""
    refused = status is not None and status >= 400
    if body is None:
        return {"is_error": refused} if "response.body" not in line else {}
    if isinstance(body, str) and not isinstance(body, Number):
        try:
            body = load_json(body)
        except NoJson:
            return {}
    if not isinstance(body, dict):
        return {}
    error, outer = body.get("error"), body.get("outputFields")
    parts = [body, *(part for part in (error, outer) if part is not None)]
    if not all(isinstance(part, dict) for part in parts) or any(
        part.get(key, 0) is None for part in parts for key in ("code", "ok", "success", "status")
    ):
        return {}  # odd shapes: no opinion
    error, outer = error or {}, outer or {}

    def sent(*names: str) -> Any:
        for part in (error, outer, body):
            for name in names:
                if part.get(name) is not None and not (name == "success" and part is not body):
                    return part[name]
        return None

    code, retryable = sent("code"), sent("retryable")
    success = next(
        (v for v in (body.get("success"), outer.get("ok"), body.get("ok")) if v is not None), None
    )
    status_sent = sent("status")
    found: dict[str, Any] = {
        "is_error": success is False
        or code is not None
        or "error" in body
        or (status_sent == "failed" and not isinstance(status_sent, Number))
        or refused
    }
    if isinstance(code, str) and re.fullmatch(r"[0-9]{1,6}", code):
        found["error_code"] = int(code)
    if retryable is None or isinstance(retryable, bool):
        found["retryable"] = retryable
    return found


QUOTED = r'"(?:[^"\\]|\\.)*"'  # a quote that a backslash escapes is none
EDGE = re.compile(
    r"([0-9A-Fa-f.:]+|unix:|-) - [^\[\"]* "
    r"\[([0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}) ([+-])([0-9]{2})([0-9]{2})\] "
    rf"{QUOTED} ([0-9]{{3}}|-) (?:[0-9]+|-) {QUOTED} {QUOTED} trace_id=([^ ]*) rt=([0-9.]+|-) "
    rf"urt={QUOTED} uaddr={QUOTED} retry_after=([^ ]*) tenant=([^ ]*)"
)


def _edge(text: str) -> tuple[str, dict[str, Any]]:
    match = EDGE.fullmatch(text.removesuffix("\r"))
    if match is None:
        return ("blank" if not text.strip(" \t\r") else "syntax"), {}
    try:
        at = datetime.strptime(match[2], "%d/%b/%Y:%H:%M:%S")  # noqa: DTZ007 - the offset is below
    except ValueError:
        return UNSURE if ":60 " in f"{match[2]} " else "time", {}
    if at.year < 1900:
        return UNSURE, {}
    shift = timedelta(hours=int(match[4]), minutes=int(match[5]))
    at -= shift if match[3] == "+" else -shift
    if not FIRST_TIME <= at < LAST_TIME:
        return "time", {}
    if match[8] != "-" and not re.fullmatch(r"[0-9]{1,4}(?:\.[0-9]{1,3})?", match[8]):
        return UNSURE, {}
    return EVENT, {"occurred_at": at, "http_status": None if match[6] == "-" else int(match[6])}


def _otlp(number: int, offset: int, text: str) -> list[Verdict]:
    def whole(what: str) -> list[Verdict]:
        return [Verdict(number, offset, what)]

    if not text.lstrip(" \t").startswith("{"):
        return whole(unreadable(text))
    try:
        value = load_json(text)
    except NoJson:
        return whole(unreadable(text))
    if is_odd_json(text):
        return whole(UNSURE)
    requests = value.get("resourceLogs")
    if not isinstance(requests, list):
        return whole("shape")
    try:
        records = [
            record
            for request in requests
            for scope in request["scopeLogs"]
            for record in scope["logRecords"]
        ]
        found = [
            Verdict(number, offset, _record(record), place)
            for place, record in enumerate(records, 1)
        ]
    except (KeyError, TypeError, AttributeError):
        return whole(UNSURE)
    return found


def _record(record: dict[str, Any]) -> str:
    nanoseconds = record.get("timeUnixNano")
    if nanoseconds in (None, "0"):
        nanoseconds = record.get("observedTimeUnixNano")
    if nanoseconds is None:
        return "time"
    if not isinstance(nanoseconds, str):
        return UNSURE
    if not re.fullmatch(r"[0-9]{1,30}", nanoseconds):
        return "time" if re.fullmatch(r"[A-Za-z]{4,}", nanoseconds) else UNSURE
    if not 0 < int(nanoseconds) < 1 << 63:
        return "time"
    values: dict[str, Any] = {}
    for attribute in record.get("attributes") or []:
        values.setdefault(attribute["key"], attribute["value"])
    if {"http.response.status_code", "http.status_code"} <= values.keys():
        return UNSURE
    verdict = EVENT
    for key in ("http.response.status_code", "http.status_code", "chert.error.code"):
        if key not in values:
            continue
        value = values[key]
        if not isinstance(value, dict) or len(value) != 1:
            return UNSURE
        ((kind, sent),) = value.items()
        if kind not in ("stringValue", "intValue") or not isinstance(sent, str):
            return UNSURE
        is_number = number_is(sent, r"[0-9]{1,6}", 0, 32767 if "status" in key else 999999)
        if is_number is None:
            return UNSURE
        if not is_number:
            verdict = "number"
    return verdict
