"""Events -> text -> events, for every format: a new field map is tested by being there."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chertlog.ingest.fieldmap import FieldMap
from chertlog.ingest.formats import Format, formats
from chertlog.ingest.wrapper import wrappers

sys.path.insert(0, str(Path(__file__).parent))
import writing

KNOWN = {known.name: known for known in formats()}
# Chert's own logs have readers of their own, and text holds nothing but what its wrapper knows.
OWN = ("app", "otlp", "text")
PRINTED = "".join(map(chr, range(32, 127)))
AWKWARD = st.sampled_from("abz019 \"\\'=,;:|[]{}<>%$#/-é☃\t")
NOISE = st.text(AWKWARD | st.characters(codec="utf-8", exclude_characters="\n\r\0"), max_size=12)


def fact(seed: int) -> writing.Fact:
    """Something that happened. Its words are such that redaction leaves alone."""
    chance = Random(seed)

    def word() -> str:
        return "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randrange(2, 9)))

    def hexadecimal(size: int) -> str:
        return "a" + "".join(chance.choices("0123456789abcdef", k=size - 1))

    ms = chance.choice([0, 1, 999, 1001, chance.randrange(10**6)])
    return {
        "at": datetime(2026, 1, 1) + timedelta(milliseconds=chance.randrange(10**10)),
        "status": chance.choice([200, 204, 301, 404, 499, 503]),
        "method": chance.choice(["GET", "POST", "DELETE"]),
        "path": f"/api/v1/{word()}",
        "route": f"/api/v1/{{{word()}}}",
        "bytes": chance.randrange(10**6),
        "ms": ms,
        "upstream": chance.randrange(ms + 1),
        "client_ip": f"192.0.{chance.randrange(256)}.{chance.randrange(256)}",
        "trace_id": hexadecimal(12),
        "w3c_trace_id": hexadecimal(32),
        "xray_trace_id": f"1-58337262-{hexadecimal(24)}",
        "request_id": str(UUID(hexadecimal(32))),
        "level": chance.choice(["debug", "info", "warn", "error"]),
        "event": f"{word()}.{word()}",
        "retryable": chance.random() < 0.5,
        "retry_after": chance.randrange(10**4),
        "retry_after_header": chance.randrange(10**4),
        "error_code": chance.randrange(1000, 10**4),
        "version": chance.choice(["1.2.3", "2026.11.1"]),
        "user_agent": f"{word()}/1.0 (x; y)",
        **{name: word() for name in ("tenant_id", "surface", "service", "host", "error_type")},
        "chance": chance,
    }


# The simplest list, of the same event again and again, would tell nothing.
FACTS = st.lists(
    st.builds(lambda seed, noise: {**fact(seed), "noise": noise}, st.integers(0, 1 << 30), NOISE),
    min_size=12,
    max_size=24,
).filter(lambda facts: len({repr(fact["at"]) for fact in facts}) > 3)
few = settings(
    max_examples=1,  # of many events: planning takes longer than reading
    phases=[Phase.generate],  # what fails is not made smaller, for the same reason
    suppress_health_check=list(HealthCheck),
)


@few
@given(facts=FACTS, data=st.data())
@pytest.mark.parametrize("name", sorted(KNOWN.keys() - {*OWN}))
def test_what_is_written_is_read(reading: Any, name: str, facts: list[Any], data: Any) -> None:
    made = KNOWN[name].map
    assert made is not None
    text, wanted, format_ = written(KNOWN[name], made, facts, data)
    rows = reading.rows(text.encode(), format_)
    rows = [row for row in rows if row["reject_reason"] != "blank"]  # headers
    assert [row["reject_reason"] for row in rows] == [None] * len(facts), text
    for row, columns in zip(rows, wanted, strict=True):
        assert {column: row.get(column) for column in columns} == columns, text


def written(
    known: Format, made: FieldMap, facts: list[Any], data: Any
) -> tuple[str, list[Any], Any]:
    """A file of that format, what its events must be, and how the file is to be read."""
    variant = known.name.partition(":")[2]
    chances = [fact["chance"] for fact in facts]
    if variant in made.templates:
        template = made.templates[variant]
        # What the server is asked to write at all.
        names = {
            name for name in made.names if writing.as_template(template, {name: "¤"}, "").count("¤")
        }
        writer = writing.Writer(made, fixed=names, may_omit=False)
        lines = _lines(
            writer,
            facts,
            chances,
            lambda values, noise, _: writing.as_template(template, values, noise),
        )
    elif made.patterns:
        pattern = made.patterns.get(variant) or next(iter(made.patterns.values()))
        skeleton = writing.skeleton(pattern, set(made.names))
        frames = st.from_regex(skeleton, fullmatch=True, alphabet=PRINTED + "«»")
        frame = data.draw(frames)
        writer = writing.Writer(made, fixed=set(made.names), may_omit=False)
        lines = _lines(
            writer, facts, chances, lambda values, noise, _: writing.filled(frame, values)
        )
    elif "csv" in made.syntaxes or "tsv" in made.syntaxes:
        return _table(made, facts, chances)
    elif "spans" in made.syntaxes:
        writer = writing.Writer(made, may_omit=True)
        both = [writer.values(fact, chance) for fact, chance in zip(facts, chances, strict=True)]
        spans = [(values, fact["noise"]) for (values, _), fact in zip(both, facts, strict=True)]
        return (
            writing.as_spans(spans, chances[0]) + "\n",
            [wanted for _, wanted in both],
            known.name,
        )
    elif "json" in made.syntaxes and not known.name.endswith("-text"):
        writer = writing.Writer(made, may_omit=True)
        lines = _lines(
            writer, facts, chances, lambda v, noise, chance: writing.as_json(made, v, noise, chance)
        )
    else:
        writer = writing.Writer(made, may_omit=True)
        lines = _lines(writer, facts, chances, writing.as_logfmt)
    return "".join(f"{line}\n" for line, _ in lines), [wanted for _, wanted in lines], known.name


def _lines(
    writer: writing.Writer, facts: list[Any], chances: list[Random], line: Callable[..., str]
) -> list[tuple[str, Any]]:
    found = []
    for fact, chance in zip(facts, chances, strict=True):
        values, wanted = writer.values(fact, chance)
        found.append((line(values, fact["noise"], chance), wanted))
    return found


def _table(made: FieldMap, facts: list[Any], chances: list[Random]) -> tuple[str, list[Any], Any]:
    """Of each target one column, in any order; a cell may be empty."""
    chance = chances[0]
    chosen = {target: (chance.choice(sources),) for target, sources in made.fields.items()}
    narrowed = replace(made, fields=chosen)
    columns = [*narrowed.names, "noise"]
    chance.shuffle(columns)
    is_tab = "tsv" in made.syntaxes
    separator = "\t" if is_tab else chance.choice(",;")
    header = f"#Version: 1.0\n#Fields: {' '.join(columns)}" if is_tab else separator.join(columns)
    writer = writing.Writer(narrowed, may_omit=not is_tab)
    lines = _lines(
        writer,
        facts,
        chances,
        lambda values, noise, _: writing.as_cells(columns, values, noise, separator),
    )
    bind = KNOWN[made.name].bind
    assert bind is not None
    text = "".join(f"{line}\n" for line in (header, *(line for line, _ in lines)))
    return text, [wanted for _, wanted in lines], bind(header.split("\n"))


# ---- wrappers: what they hold is whole, and what they know themselves stands beside it

SEVERITIES = ["emergency", "alert", "critical", "error", "warn", "notice", "info", "debug"]
KNOWS = ("occurred_at", "host", "service", "level")


def iso(fact: Any) -> str:
    return writing.spelled(fact["at"], "iso")[0]


def docker(fact: Any, text: str) -> str:
    return json.dumps({"log": f"{text}\n", "stream": "stderr", "time": iso(fact)})


def cri(fact: Any, text: str) -> str:
    return f"{iso(fact)} stdout F {text}"


def compose(fact: Any, text: str) -> str:
    return f"{fact['service']:10} | {text}"


def stamped(fact: Any, text: str) -> str:
    return f"{iso(fact)} {text}"


def syslog_3164(fact: Any, text: str) -> str:
    at = f"{fact['at']:%b} {fact['at'].day:2} {fact['at']:%H:%M:%S}"
    return f"<{16 + fact['severity']}>{at} {fact['host']} {fact['service']}[42]: {text}"


def syslog_5424(fact: Any, text: str) -> str:
    about = f'[x@1 to="{fact["path"]}" quoted="\\"\\]"][y@1]' if fact["ms"] % 2 else "-"
    front = f"<{8 + fact['severity']}>1 {iso(fact)} {fact['host']} {fact['service']} 42 -"
    return f"{front} {about} {text}"


def journald(fact: Any, text: str) -> str:
    entry = {
        "__REALTIME_TIMESTAMP": f"{writing.spelled(fact['at'], 'ms')[0]}000",
        "_HOSTNAME": fact["host"],
        "SYSLOG_IDENTIFIER": fact["service"],
        "PRIORITY": str(fact["severity"]),
        "MESSAGE": list(text.encode()) if fact["ms"] % 2 else text,
    }
    return json.dumps(entry)


def cloudwatch(fact: Any, text: str) -> str:
    event = {"id": "1", "timestamp": writing.spelled(fact["at"], "ms")[0], "message": text}
    about = {"logGroup": fact["service"], "logStream": fact["host"]}
    return json.dumps({"messageType": "DATA_MESSAGE", **about, "logEvents": [event]})


def gcp(fact: Any, text: str) -> str:
    payload = {"textPayload": text} if fact["ms"] % 2 else {"jsonPayload": json.loads(text)}
    labels = {"pod_name": fact["host"], "container_name": fact["service"]}
    about = {"insertId": "x", "timestamp": iso(fact), "severity": fact["level"].upper()}
    return json.dumps({**about, "resource": {"labels": labels}, **payload})


def document(fact: Any, text: str) -> str:
    return json.dumps({**json.loads(text), "time": iso(fact)}, indent=2)


WRAPS: dict[str, tuple[Callable[[Any, str], str], tuple[str, ...]]] = {
    "docker": (docker, ("occurred_at",)),
    "cri": (cri, ("occurred_at",)),
    "compose": (compose, ("service",)),
    "stamped": (stamped, ("occurred_at",)),
    "syslog-3164": (syslog_3164, KNOWS),
    "syslog-5424": (syslog_5424, KNOWS),
    "journald": (journald, KNOWS),
    "cloudwatch": (cloudwatch, ("occurred_at", "host", "service")),
    "gcp": (gcp, KNOWS),
    "document": (document, ("occurred_at",)),
}


def test_every_wrapper_is_tried() -> None:
    assert WRAPS.keys() == {layer.name for layer in wrappers()}


@few
@given(facts=FACTS)
@pytest.mark.parametrize("name", WRAPS)
def test_what_is_wrapped_is_read(reading: Any, name: str, facts: list[Any]) -> None:
    wrap, knows = WRAPS[name]
    lines, wanted = [], []
    for number, fact in enumerate(facts):
        fact["severity"] = fact["status"] % 8
        told = {"status": fact["status"], "path": fact["path"], "noise": fact["noise"]}
        if "occurred_at" not in knows:
            told["time"] = iso(fact)
        lines.append(wrap(fact, json.dumps(told, ensure_ascii=number % 2 == 0)))
        at = fact["at"].replace(microsecond=0) if name == "syslog-3164" else fact["at"]
        level = SEVERITIES[fact["severity"]] if name != "gcp" else fact["level"]
        columns = {
            "occurred_at": at,
            "level": level,
            "host": fact["host"],
            "service": fact["service"],
        }
        itself = {column: columns[column] if column in knows else None for column in KNOWS}
        itself["occurred_at"] = at
        wanted.append({**itself, "http_status": fact["status"], "url_path": fact["path"]})
    rows = reading.rows("".join(f"{line}\n" for line in lines).encode(), f"{name} > json")
    assert [row["reject_reason"] for row in rows] == [None] * len(facts), lines
    for row, columns in zip(rows, wanted, strict=True):
        assert {column: row[column] for column in columns} == columns, lines


@few
@given(facts=FACTS, separator=st.sampled_from(",;"), block=st.sampled_from([300, 1 << 20]))
def test_values_over_several_lines(
    reading: Any, facts: list[Any], separator: str, block: int
) -> None:
    """Noise with newlines and whole rows in it, and one row whose quote nobody closes."""
    columns = ["time", "noise", "status", "path"]
    rows = []
    for number, fact in enumerate(facts):
        row = {**fact, "time": fact["at"].isoformat(timespec="milliseconds") + "Z"}
        row["noise"] = fact["noise"] + "\n" * (number % 3) + fact["noise"]
        rows.append(writing.as_cells(columns, row, row["noise"], separator))
    rows[3:3] = [f'2026-01-01T00:00:00Z{separator}"no end']
    text = "\n".join([separator.join(columns), *rows])
    found = reading.rows(text.encode(), block=block)
    assert [row["reject_reason"] for row in (found[0], found[4])] == ["blank", "syntax"]
    events = [*found[1:4], *found[5:]]
    assert [row["reject_reason"] for row in events] == [None] * len(facts)
    names = ("occurred_at", "http_status", "url_path")
    wanted = [(fact["at"], fact["status"], fact["path"]) for fact in facts]
    assert [tuple(row[name] for name in names) for row in events] == wanted


def test_dotted_and_nested_keys_mix_in_one_path(reading: Any) -> None:
    lines = [
        b'"http.request":{"method":"GET"},"http":{"response.status_code":503}',
        b'"http":{"request.method":"GET","response":{"status_code":503}}',
        b'"http.request.method":"GET","http.response":{"status_code":503}',
    ]
    data = b"".join(b'{"@timestamp":"2026-11-21T10:00:00Z",' + line + b"}\n" for line in lines)
    rows = reading.events(data, "ecs")
    assert [(row["http_method"], row["http_status"]) for row in rows] == [("GET", 503)] * 3
