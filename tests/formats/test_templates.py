"""Templates as they stand in a server's configuration, with what they can hold."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from chertlog.ingest.detection import detect
from chertlog.ingest.formats import formats

AT, NINE = datetime(2026, 11, 21, 10), datetime(2026, 11, 21, 9)
MS = AT.replace(microsecond=123000)
CASES: list[tuple[str, str, dict[str, Any]]] = [
    (
        r"""log_format main '$remote_addr - $remote_user [$time_local] "$request" $status '
        '"$http_x_forwarded_for" $request_time $upstream_response_time $ssl_protocol/$ssl_cipher '
        '$geoip_country_code ${body_bytes_sent}b $sent_http_x_trace_id';""",
        r'2001:db8::7 - a b [21/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 "10.0.0.1, 10.0.2" '
        "0.123 0.001, 0.1 TLSv1.3/TLS_AES DE 5b 5f0000000a01",
        {"occurred_at": AT, "client_ip": "2001:db8:0::/48", "duration_ms": 123, "upstream_ms": 100,
         "bytes_sent": 5, "trace_id": "5f0000000a01"},
    ),
    (
        r"""log_format x '[$time_local] $status $scheme://$host$request_uri $uri$is_args$args '
        '"$http_user_agent"';""",
        r'[21/Nov/2026:10:00:00 +0000] 200 https://x.y/a?b=c /a?b=c "a \x22q\x22 \xC3\xA9\x0A%41"',
        {"occurred_at": AT, "url_path": "/a", "user_agent": 'a "q" é\\x0A%41'},
    ),
    (
        r"""log_format j escape=json '{"t":"$time_iso8601","s":$status,"u":$upstream_response_time,'
        '"a":"$http_user_agent","id":"$request_id"}';""",
        r'{"t":"2026-11-21T10:00:00+01:00","s":502,"u":0.001, 0.002,"a":"a \"q\"","id":"'
        + "0a" * 16 + '"}',
        {"occurred_at": NINE, "upstream_ms": 2, "user_agent": 'a "q"', "request_id": "0a" * 16},
    ),
    (
        "$msec|$status|$http_traceparent|$http_x_amzn_trace_id",
        "1795255200.123|200|00-" + "4b" * 16 + "-00f067aa0ba902b7-01|Root=1-58337262-" + "36" * 12,
        {"occurred_at": MS, "otel_trace_id": "4b" * 16, "xray_trace_id": "1-58337262-" + "36" * 12},
    ),
    (
        r'LogFormat "%v:%p %a %l %u %t \"%m %U%q %H\" %>s %O %D \"%{User-Agent}i\" %k %X" full',
        r'www:443 [2001:db8::77]:443 - bob [21/Nov/2026:11:00:00 +0100] "GET /a?b HTTP/1.1" 200 '
        r'26 1500 "a \"q\" \\x41" 0 +',
        {"occurred_at": AT, "url_path": "/a", "duration_ms": 2, "user_agent": r'a "q" \x41',
         "client_ip": "2001:db8:0::/48"},
    ),
    (
        r'LogFormat "%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t %h \"%r\" %s %{ms}T" ms',
        '21/Nov/2026 11:00:00.123 +0100 192.0.2.1 "GET /a HTTP/1.1" 200 15',
        {"occurred_at": MS, "duration_ms": 15, "http_method": "GET"},
    ),
    (
        r'LogFormat "[%{%Y-%m-%dT%T}t.%{usec_frac}t%{%z}t] %h \"%r\" %s %{us}T" us',
        '[2026-11-21T11:00:00.123000+0100] 192.0.2.1 "GET /a HTTP/1.1" 200 1500',
        {"occurred_at": MS, "duration_ms": 2},
    ),
    (
        r'LogFormat "%{begin:sec}t.%{begin:msec_frac}t %h %s" epoch',
        "1795255200.123 ::ffff:192.0.2.1 200",
        {"occurred_at": MS, "client_ip": "192.0.2.0/24"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("template", "line", "wanted"), CASES)
def test_templates(reading: Any, template: str, line: str, wanted: dict[str, Any]) -> None:
    data = line.encode() + b"\n"
    found = detect(data, formats([template]))
    assert found is not None and found.confidence == 1
    (row,) = reading.events(data, found.format)
    assert {name: row[name] for name in wanted} == wanted
    (cut,) = reading.rows(data[: len(data) // 3], found.format)
    assert cut["reject_reason"] == "syntax"


ADDRESSES = {
    "192.0.2.77": "192.0.2.0/24",
    "192.0.2.77:1234": "192.0.2.0/24",
    "::ffff:192.0.2.77": "192.0.2.0/24",
    "2001:db8:1:2:3:4:5:6": "2001:db8:1::/48",
    "2001:db8::77": "2001:db8:0::/48",
    "fe80::77%eth0": "fe80:0:0::/48",
    "::77": "0:0:0::/48",
    "10:00": None,
    "unix:": None,
}


def test_no_address_keeps_what_names_a_subscriber(reading: Any) -> None:
    lines = [
        f'{{"time":"2026-11-21T10:00:00Z","remote_addr":"{a}","status":200}}\n' for a in ADDRESSES
    ]
    rows = reading.events("".join(lines).encode(), "nginx-json")
    assert [row["client_ip"] for row in rows] == list(ADDRESSES.values())
