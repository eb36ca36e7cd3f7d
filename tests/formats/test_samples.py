"""Every format has a sample, is recognised by it, and makes of it what was written into it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from chertlog.ingest.fieldmap import judge, shipped
from chertlog.ingest.wrapper import wrappers

ACCESS = ("http_method", "url_path", "http_status", "duration_ms", "bytes_sent")


def plain(samples: Path) -> list[Path]:
    folder = samples / "formats"
    return [p for p in sorted(folder.iterdir()) if p.suffix not in (".gz", ".zst")]


def test_every_format_and_wrapper_has_a_sample(reading: Any, samples: Path) -> None:
    found = [reading.format_of(path.read_bytes()) for path in plain(samples)]
    assert {name.split(" > ")[-1] for name in found} == {known.name for known in reading.known}
    around = {layer for name in found for layer in name.split(" > ")[:-1]}
    assert around == {wrapper.name for wrapper in wrappers()}


def test_a_sample_is_named_after_its_format(reading: Any, samples: Path) -> None:
    for path in plain(samples):
        parts = reading.format_of(path.read_bytes()).replace(":", "-").split(" > ")
        stem = path.stem.removesuffix("-pretty")
        assert stem in parts or stem == "nginx-chert"


def test_the_maps_can_be_used() -> None:
    for made in shipped().values():
        judge(made)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (
            "alb.log",
            [
                ("GET", "/", 200, 1, 366),
                ("POST", "/api/v1/send", 503, 171, 57),
                ("POST", "/api/v1/send", 460, None, 0),
            ],
        ),
        (
            "apache-common.log",
            [
                ("GET", "/apache_pb.gif", 200, None, 2326),
                ("HEAD", "/api/v1/lines", 304, None, None),
            ],
        ),
        (
            "apache-vhost_combined.log",
            [("POST", "/api/v1/send", 200, None, 462), (None, None, 400, None, 226)],
        ),
        ("apache-vhost_common.log", [("POST", "/api/v1/send", 200, None, 462)]),
        ("api-gateway-clf.log", [("POST", "/api/v1/send", 200, None, 42)]),
        (
            "api-gateway-csv.log",
            [("POST", None, 429, None, 42), ("GET", None, 200, None, 120)],
        ),
        ("api-gateway-xml.log", [("POST", None, 429, None, 42)]),
        ("api-gateway.log", [("POST", None, 429, None, 42)]),
        ("caddy.log", [("POST", "/api/v1/send", 503, 101, 262), (None, None, None, None, None)]),
        (
            "cloudfront.log",
            [("POST", "/api/v1/send", 200, 101, 462), ("GET", "/api/v1/lines", 502, 1002, 199)],
        ),
        (
            "envoy.log",
            [
                ("POST", "/api/v1/locations", 204, 226, 0),
                ("GET", "/api/v1/lines", 0, 15, 0),
                ("GET", "/api/v1/lines", 503, 3, 91),
            ],
        ),
        ("envoy-json.log", [("POST", "/api/v1/send", 204, 226, 0), (None, None, 0, 15, 0)]),
        ("gcp-http.log", [("POST", "/api/v1/send", 503, 101, 199)]),
        (
            "nginx-ingress.log",
            [("POST", "/api/v1/send", 200, 101, 262), ("GET", "/api/v1/lines", 502, 52, 157)],
        ),
        (
            "nginx-json.log",
            [("POST", "/api/v1/send", 200, 101, 262), ("GET", "/api/v1/lines", 503, 20, 199)],
        ),
        ("traefik.log", [("POST", "/api/v1/send", 200, 101, 262)]),
        (
            "traefik-text.log",
            [("POST", "/api/v1/send", 200, 101, 262), ("GET", "/health", 404, 0, 19)],
        ),
        ("pino.ndjson", [("POST", "/charge", 200, 12, None), (None, None, None, None, None)]),
        ("ecs.ndjson", [("POST", "/api/v1/send", 503, None, None), (None, None, None, None, None)]),
        (
            "csv.csv",
            [(None, "/api/v1/send", 503, None, None), (None, "/api/v1/lines", None, None, None)],
        ),
        (
            "otlp-traces.jsonl",
            [("POST", "/api/v1/send", 503, None, None), ("POST", "/carrier", 500, None, None)],
        ),
    ],
)
def test_requests_and_answers(
    reading: Any, samples: Path, name: str, wanted: list[tuple[Any, ...]]
) -> None:
    rows = reading.events_of(samples / "formats" / name)
    assert [tuple(row[column] for column in ACCESS) for row in rows] == wanted


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("bunyan.ndjson", ["warn"]),
        ("pino.ndjson", ["info", "error"]),
        ("structlog.ndjson", ["error", "warn"]),
        ("python-json-logger.ndjson", ["warn", "error"]),
        ("zap.ndjson", ["info", "error"]),
        ("slog.ndjson", ["info", "error+2"]),
        ("slog-text.log", ["info", "warn"]),
        ("zerolog.ndjson", ["info", "warn"]),
        ("ecs.ndjson", ["warn", "error"]),
        ("logstash.ndjson", ["warn"]),
        ("logfmt.log", ["warn", "error"]),
        ("csv.csv", ["warn", "info"]),
        ("plain.log", ["debug", "error", "warn"]),
        ("journald.json", ["info", "warn"]),
        ("syslog-5424.log", ["notice", "notice", "error"]),
        ("gcp.json", ["error"]),
    ],
)
def test_levels(reading: Any, samples: Path, name: str, levels: list[str]) -> None:
    rows = reading.events_of(samples / "formats" / name)
    assert [row["level"] for row in rows] == levels


def test_ids_stay_apart(reading: Any, samples: Path) -> None:
    """Chert's, W3C's, X-Ray's, and what a proxy or a logger calls the request."""
    columns = ("trace_id", "otel_trace_id", "xray_trace_id", "request_id")
    w3c, uuid = "4bf92f3577b34da6a3ce929d0e0e4736", "c6af9ac6-7b61-11e6-9a41-93e8deadbee"
    wanted = {
        "nginx-json.log": ("5f0000000a01", None, None, "c99400a4db42e32187a3cbda00920e41"),
        "caddy.log": ("5f0000000a02", None, None, None),
        "alb.log": (None, None, "1-58337262-36d228ad5d99923122bbe354", None),
        "api-gateway.log": (None, None, "1-67339262-36d228ad5d99923122bbe356", uuid + "f"),
        "gcp-http.log": (None, w3c, None, "1abcdefg2hijkl"),
        "structlog.ndjson": ("5f0000000a04", None, None, None),
        "zap.ndjson": (None, w3c, None, None),
        "slog.ndjson": (None, None, None, uuid + "3"),
        "ecs.ndjson": (None, w3c, None, None),
        "otlp-traces.jsonl": ("5f0000000a05", "5b8efff798038103d269b633813fc60c", None, None),
    }
    for name, ids in wanted.items():
        first = reading.events_of(samples / "formats" / name)[0]
        assert tuple(first[column] for column in columns) == ids, name


def test_a_span_is_a_response_only_if_a_server_answered_with_cherts_id(
    reading: Any, samples: Path
) -> None:
    rows = reading.events_of(samples / "formats" / "otlp-traces.jsonl")
    assert [(r["event"], r["error_code"], r["is_error"], r["error_type"]) for r in rows] == [
        ("response.sent", 4002, True, "4002"),
        ("span", None, None, "TimeoutError"),
    ]


def test_texts_of_messages_are_not_kept(reading: Any, samples: Path) -> None:
    """Also of what is no name: an event that is a sentence becomes `log`."""
    rows = reading.events_of(samples / "formats" / "structlog.ndjson")
    assert [row["event"] for row in rows] == ["delivery.failed", "log"]
    for path in plain(samples):
        if path.name.startswith(("app", "otlp", "nginx-chert")):
            continue
        kept = repr(reading.of_file(path))
        for secret in (
            "slow carrier",
            "gave up",
            "no carrier",
            "4242",
            "737",
            "do-nuts",
            "worker t",
        ):
            assert secret not in kept, (path.name, secret)


def test_what_looks_like_a_time_is_read_as_one(reading: Any) -> None:
    """Names that tell JSON of any kind, and colours around a level."""
    names = ("time", "ts", "timestamp", "@timestamp", "datetime", "date", "eventTime", "asctime")
    data = "".join(
        f'{{"{name}":"2026-11-21T10:00:00Z","Level":"Warning"}}\n'
        for name in (*names, "t", "Timestamp")
    ).encode()
    assert reading.format_of(data) == "json"
    assert [row["level"] for row in reading.events(data, "json")] == ["warn"] * 10
    data = b"2026-11-21T10:00:00.123+0100\t\x1b[34mINFO\x1b[0m\tmain.go:42\tstarted\n"
    assert [(row["level"]) for row in reading.events(data)] == ["info"]


# ---- real files, whose truth was counted with awk, grep and jq


def real(reading: Any, samples: Path, name: str) -> list[dict[str, Any]]:
    return list(reading.of_file(samples / "real" / name))


def test_real_load_balancer(reading: Any, samples: Path) -> None:
    rows = real(reading, samples, "alb_crowdsec.log")
    assert Counter(row["http_status"] for row in rows) == {200: 6, 404: 8}
    assert sum(row["upstream_ms"] is None for row in rows) == 8  # never reached a target
    times = [row["occurred_at"] for row in rows]
    assert min(times) == datetime(2018, 7, 2, 22, 23, 0, 186641)
    assert all(row["xray_trace_id"] for row in rows if row["line_number"] != 10)


def test_real_caddy(reading: Any, samples: Path) -> None:
    rows = real(reading, samples, "caddy_crowdsec.log")
    assert [row["line_number"] for row in rows if row["reject_reason"] == "blank"] == [12]
    events = [row for row in rows if row["reject_reason"] is None]
    assert Counter(row["http_status"] for row in events) == {0: 7, 401: 2, 200: 1, None: 1}
    assert events[0]["occurred_at"] == datetime(2023, 9, 4, 15, 19, 51, 756500)
    assert max(row["occurred_at"] for row in events) == datetime(2025, 3, 19, 16, 12, 33, 54756)


def test_real_containers(reading: Any, samples: Path) -> None:
    docker = real(reading, samples, "docker_crowdsec.log")
    assert [row["http_status"] for row in docker] == [200, 200, 200]
    assert docker[0]["request_id"] == "04f1619cfb5e02b6455c19b860427758"
    cri = real(reading, samples, "cri_crowdsec.log")
    assert [(row["http_status"], row["detail"]) for row in cri] == [
        (200, None),
        (200, "The end of this message is missing."),
        (200, None),
    ]


def test_real_loggers(reading: Any, samples: Path) -> None:
    bunyan = real(reading, samples, "bunyan_lnav.log")
    assert Counter(row["level"] for row in bunyan) == {"debug": 9, "info": 1}
    logfmt = real(reading, samples, "logfmt_lnav.log")
    assert [row["reject_reason"] for row in logfmt] == [None] * 5
    assert {row["http_status"] for row in logfmt} == {None}  # status=Pending is none
    unknown = real(reading, samples, "json_invalid_lnav.json")
    rejected = [(r["line_number"], r["reject_reason"]) for r in unknown if r["reject_reason"]]
    assert (len(unknown), rejected) == (13, [(5, "json")])


def test_real_encodings(reading: Any, samples: Path) -> None:
    crlf = real(reading, samples, "crlf_lnav.log")
    assert [row["level"] for row in crlf] == ["debug", "warn"]
    assert crlf[0]["occurred_at"] == datetime(2012, 7, 2, 10, 22, 40, 672000)
    broken = real(reading, samples, "invalid_utf8_lnav.log")
    assert [row["reject_reason"] for row in broken] == [
        None, "syntax", "syntax", "encoding", "syntax", "syntax",
    ]  # fmt: skip
