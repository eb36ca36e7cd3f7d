"""What carried the lines is taken off, wherever messages are cut and blocks end."""

from __future__ import annotations

import itertools
import json
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chertlog.ingest import blocks
from chertlog.ingest.blocks import Progress, line_batches
from chertlog.ingest.wrapper import Peeler, wrappers


class Unnamed:
    """A file of which only path and time are asked for."""

    path = Path("app.log")
    modified_at = 0.0


few = settings(
    max_examples=3,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
MESSAGE = st.integers(0, 59).map(
    lambda n: json.dumps({"level": "info", "ts": 1795255200 + n, "msg": "x" * n, "service": "s"})
)
# A message, its stream, and where it is cut.
PIECE = st.tuples(
    MESSAGE, st.sampled_from(["stdout", "stderr"]), st.lists(st.integers(1, 60), max_size=3)
)


def parts(message: str, cuts: list[int]) -> list[str]:
    borders = [0, *sorted({c for c in cuts if c < len(message)}), len(message)]
    return [message[a:b] for a, b in itertools.pairwise(borders)]


def interleaved(pieces: list[tuple[str, str, list[int]]]) -> list[tuple[str, str, bool]]:
    """(stream, part, is last) of all messages, the streams mixed line by line."""
    queues: dict[str, list[tuple[str, str, bool]]] = {"stdout": [], "stderr": []}
    for message, stream, cuts in pieces:
        cut = parts(message, cuts)
        queues[stream] += [(stream, part, n == len(cut) - 1) for n, part in enumerate(cut)]
    mixed = []
    while any(queues.values()):
        for queue in queues.values():
            mixed += [queue.pop(0)] if queue else []
    return mixed


def docker(stream: str, part: str, last: bool) -> str:
    text = part + "\n" if last else part
    return json.dumps({"log": text, "stream": stream, "time": "2026-11-21T11:00:00.1Z"})


def cri(stream: str, part: str, last: bool) -> str:
    return f"2026-11-21T11:00:00.1Z {stream} {'F' if last else 'P'} {part}"


@few
@given(pieces=st.lists(PIECE, min_size=10, max_size=30), block=st.sampled_from([300, 1 << 20]))
@pytest.mark.parametrize("wrap", [docker, cri])
def test_parts_are_joined_stream_by_stream(
    reading: Any, wrap: Any, pieces: list[tuple[str, str, list[int]]], block: int
) -> None:
    lines = [wrap(*one) for one in interleaved(pieces)]
    data = "".join(line + "\n" for line in lines).encode()
    rows = reading.rows(data, f"{wrap.__name__} > zap", block=block)
    assert [row["reject_reason"] for row in rows] == [None] * len(pieces)
    times = sorted(int(row["occurred_at"].timestamp()) % 3600 % 60 for row in rows)
    assert times == sorted(json.loads(message)["ts"] % 60 for message, _, _ in pieces)


def test_a_message_without_its_end_is_read_and_marked(reading: Any) -> None:
    line = '{"level":"info","ts":1795255200,"msg":"x"}'
    data = "\n".join([cri("stderr", line, False), cri("stdout", line, True)]).encode()
    rows = reading.rows(data, "cri > zap")
    assert [row["detail"] for row in rows] == ["The end of this message is missing.", None]


def test_wrappers_in_wrappers(reading: Any) -> None:
    inner = '{"level":30,"time":1795255200123,"pid":1,"hostname":"h","msg":"x"}'
    text = docker("stdout", cri("stdout", inner, True), True)
    data = f"<13>Nov 21 11:00:40 node-1 dockerd[42]: {text}\n".encode() * 3
    assert reading.format_of(data) == "syslog-3164 > docker > cri > pino"
    (row, *_) = reading.events(data)
    assert row["occurred_at"] == datetime(2026, 11, 21, 10, 0, 0, 123000)
    assert (row["service"], row["host"], row["level"]) == ("dockerd", "h", "info")


def test_a_stranger_among_wrapped_lines_is_rejected(reading: Any) -> None:
    line = '{"level":"info","ts":1795255200,"msg":"x"}'
    lines = [cri("stdout", line, True), "panic: no carrier", "", cri("stdout", "no json", True)]
    rows = reading.rows("".join(f"{one}\n" for one in lines).encode(), "cri > zap")
    assert [row["reject_reason"] for row in rows] == [None, "wrapper", "blank", "json"]
    assert "carrier" not in repr(rows)


@pytest.mark.parametrize(
    "path",
    [
        "/var/log/pods/chert_router-7d9_0af1/worker/0.log",
        "/var/log/containers/router-7d9_chert_worker-" + "0a" * 32 + ".log",
    ],
)
def test_kubernetes_names_say_pod_and_container(reading: Any, path: str) -> None:
    file = type("File", (), {"path": Path(path), "modified_at": 0.0})()
    line = cri("stdout", "a plain text", True).encode()
    (row,) = reading.events(line, "cri > text", file=file)
    assert (row["host"], row["service"]) == ("router-7d9", "worker")


def test_the_year_of_syslog_is_that_of_its_file(reading: Any) -> None:
    """The file is of 2026-11-22T00:00Z: tomorrow is possible, later was last year."""
    stamps = ["Nov 21 10:00:00", "Nov 22 23:00:00", "Nov 24 10:00:00", "Feb 29 10:00:00"]
    data = "".join(f"{stamp} api-1 chert[1]: x\n" for stamp in stamps).encode()
    rows = reading.rows(data, "syslog-3164 > text")
    assert [row["occurred_at"] for row in rows] == [
        datetime(2026, 11, 21, 10),
        datetime(2026, 11, 22, 23),
        datetime(2025, 11, 24, 10),
        datetime(2024, 2, 29, 10),
    ]


@pytest.mark.parametrize(
    ("front", "wrapper"),
    [
        ("2026-11-21T11:00:00.123456+00:00 web-1 app[17]: ", "syslog-3164"),
        ("2026-11-21T11:00:00.123456+00:00 web-1 app: ", "syslog-3164"),
        ("2026-11-21T11:00:00.123456Z ", "stamped"),
    ],
)
def test_iso_times_in_front_are_of_syslog_where_a_host_and_a_tag_follow(
    reading: Any, front: str, wrapper: str
) -> None:
    line = json.dumps({"level": 30, "time": 1795258800000, "pid": 1, "hostname": "h", "msg": "x"})
    data = f"{front}{line}\n".encode() * 4
    assert reading.format_of(data) == f"{wrapper} > pino"
    assert len(reading.rows(data, f"{wrapper} > pino")) == 4


def documents(data: bytes, block: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The documents that the wrapper finds."""
    monkeypatch.setattr(blocks, "BLOCK_BYTES", block)
    (layer,) = [layer for layer in wrappers() if layer.name == "document"]
    peeler = Peeler([layer], Unnamed(), data)
    found = peeler.peel(line_batches(BytesIO(data), 1, Progress()))
    return [line for batch in found for line in batch["line"].to_pylist()]


@pytest.mark.parametrize(("indent", "block"), [(0, 90), (0, 1 << 20), (1, 90), (4, 1 << 20)])
def test_documents_over_many_lines(
    reading: Any, indent: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other, or in one list; braces at the end of inner lines end nothing."""
    values = [
        {
            "timestamp": f"2026-11-21T10:00:0{n}Z",
            "in": {"a": [{"b": {}}, [{"c": 1}], [], '}{ \\"']},
            "": {"level": "info"},
        }
        for n in range(3)
    ]
    texts = [json.dumps(value, indent=indent) for value in values]
    begun_on_the_first_line = [text.replace("{\n", "{", 1) for text in texts]
    for text in (
        "\n".join(texts),
        "\n".join(texts).replace("\n", "\r\n"),
        json.dumps(values, indent=indent) + "\n",
        "[\n" + ",\n".join(texts) + "\n]\n",
        "\n".join(begun_on_the_first_line),
    ):
        assert reading.format_of(text.encode()) == "document > json"
        found = documents(text.encode(), block, monkeypatch)
        assert [json.loads(one) for one in found] == values, text
    cut = "\n".join(texts)[:-20]
    found = documents(cut.encode(), block, monkeypatch)
    assert [json.loads(one) for one in found[:2]] == values[:2]
    assert len(found) == 3


def test_a_line_that_was_cut_begins_no_document(reading: Any) -> None:
    line = '{"time":"2026-11-21T10:00:00Z","level":"info","in":{"a":1}}\n'
    for cut in (line[-8:], line[:-3] + "\n", line[:20] + "\n"):
        assert reading.format_of((cut + line * 3).encode()) == "json"


def test_what_has_no_time_of_its_own_is_read_inside_a_wrapper(reading: Any) -> None:
    """And a JSON wrapper around plain text is not taken for JSON with a time."""
    for message, name, level in (
        ('{"message":"x","level":"warn"}', "json", "warn"),
        ("level=error msg=x", "logfmt", "error"),
        ("plain words", "text", None),
    ):
        data = "".join(docker("stdout", message, True) + "\n" for _ in range(3)).encode()
        assert reading.format_of(data) == f"docker > {name}"
        row = reading.events(data)[0]
        at = datetime(2026, 11, 21, 11, 0, 0, 100000)
        assert (row["occurred_at"], row["level"]) == (at, level)


def test_journald_writes_bytes_where_there_are_colours(reading: Any) -> None:
    text = '\x1b[31m{"level":"info","ts":1795255200.5,"msg":"x"}\x1b[0m'
    values: list[Any] = [list(text.encode()), [195, 40], None, ["plain", "again"]]
    data = "".join(
        json.dumps({"__REALTIME_TIMESTAMP": "1795255200000000", "MESSAGE": value}) + "\n"
        for value in values
    )
    reasons = [row["reject_reason"] for row in reading.rows(data.encode(), "journald > zap")]
    assert reasons == [None, "encoding", "too_long", "json"]


@pytest.mark.parametrize("key", ["ingestionTime", "eventId"])
def test_what_the_aws_command_line_prints_is_cloudwatch_however_long(
    key: str, reading: Any
) -> None:
    events = [
        {
            "timestamp": 1795255200123,
            "message": '{"level":"info","ts":1795255200.5,"msg":"{}"}',
            key: n,
        }
        for n in range(500)
    ]
    data = json.dumps({"events": events, "nextToken": "x"}, indent=4).encode()
    assert len(data) > 80_000
    name = "document > cloudwatch > zap"
    assert reading.format_of(data[: 64 << 10]) == name  # the head is all that is looked at
    assert len(reading.events(data, name)) == 500
