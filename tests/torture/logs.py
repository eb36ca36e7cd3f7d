"""Log lines as the servers write them, for one case: its traces and its tenant are its own."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

DATE = "2026-11-21"


def moment(at: str) -> datetime:
    """A time of the cases' day, or a whole one."""
    return datetime.fromisoformat(at if "T" in at else f"{DATE}T{at}").replace(tzinfo=UTC)


class Logs:
    """Writes lines of three formats. What one case writes never meets another's in a chain."""

    def __init__(self, label: str) -> None:
        self.label = label

    def trace(self, name: object) -> str:
        return f"{self.label}-{name}"

    def app(self, at: str, event: str, name: object = None, /, **fields: Any) -> bytes:
        """A line of the application log; `__` stands for a dot, None leaves a field out."""
        given = {key.replace("__", "."): value for key, value in fields.items()}
        value = {
            "ts": f"{moment(at):%Y-%m-%dT%H:%M:%S.%fZ}",
            "level": "info",
            "event": event,
            "service": "chert-api",
            "host": "chert-api-1",
            "trace_id": None if name is None else self.trace(name),
            "tenant_id": f"tenant-{self.label}",
            "surface": "v1",
            "http.method": "POST",
            "http.route": "/api/v1/send",
            "http.path": "/api/v1/send",
            **given,
        }
        kept = {key: item for key, item in value.items() if item is not None}
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    def received(self, at: str, name: object, /, **fields: Any) -> bytes:
        defaults = {"body_hash": hash_of(self.trace(name)), "to": "+12025550143"}
        return self.app(at, "request.received", name, **{**defaults, **fields})

    def sent(
        self, at: str, name: object, status: int = 200, code: Any = None, **fields: Any
    ) -> bytes:
        """An answer; `code` makes it an error in the standard envelope."""
        body = None
        if code is not None:
            error = {"status": status, "code": code, "message": "No.", "retryable": True}
            body = {"success": False, "error": error, "trace_id": self.trace(name)}
        defaults: dict[str, Any] = {
            "http__status": status,
            "duration_ms": 100,
            "response__headers": {"X-Trace-ID": self.trace(name)},
            "response__body": body,
        }
        return self.app(at, "response.sent", name, **{**defaults, **fields})

    def answered(self, count: int, *, first: int = 0, hour: int = 10) -> list[bytes]:
        """Requests with their answers, two lines each, a minute apart."""
        return [
            line
            for n in range(first, first + count)
            for line in (
                self.received(f"{hour}:{n % 60:02}:00", n),
                self.sent(f"{hour}:{n % 60:02}:01", n),
            )
        ]

    def edge(
        self,
        at: str,
        name: object = None,
        status: object = 200,
        *,
        request: str = "POST /api/v1/send HTTP/1.1",
        seconds: str = "0.101",
        upstream: str = "0.100",
        agent: str = "okhttp/4.12.0",
        zone: str = "+0000",
    ) -> bytes:
        """A line of the edge log; without a name nginx answered itself."""
        trace = "-" if name is None else self.trace(name)
        return (
            f'192.0.2.7 - - [{moment(at):%d/%b/%Y:%H:%M:%S} {zone}] "{request}" {status} 120 "-" '
            f'"{agent}" trace_id={trace} rt={seconds} urt="{upstream}" uaddr="10.0.0.11:8080" '
            f"retry_after=- tenant=tenant-{self.label}\n"
        ).encode()

    def record(self, at: str, name: object, status: object = 200) -> dict[str, Any]:
        """One record of the OTLP export."""
        values = {
            "http.request.method": {"stringValue": "POST"},
            "url.path": {"stringValue": "/api/v1/send"},
            "chert.tenant_id": {"stringValue": f"tenant-{self.label}"},
            "chert.trace_id": {"stringValue": self.trace(name)},
            "http.response.status_code": {"intValue": str(status)},
        }
        return {
            "timeUnixNano": f"{int(moment(at).timestamp())}000000000",
            "severityText": "INFO",
            "attributes": [{"key": key, "value": value} for key, value in values.items()],
        }

    def otlp(self, *records: dict[str, Any]) -> bytes:
        """One line of the OTLP export with these records."""
        request = {"resource": {"attributes": []}, "scopeLogs": [{"logRecords": list(records)}]}
        return json.dumps({"resourceLogs": [request]}).encode() + b"\n"


def hash_of(name: object) -> str:
    """A body hash as the servers write it: 16 hex digits, another for every name."""
    return hashlib.md5(str(name).encode()).hexdigest()[:16]


def label_of(name: str) -> str:
    """A short name for a case's tenant and traces: c17x2f of case_17_truncated_gzip."""
    number = name.split("_")[1]
    return f"c{number}x{hashlib.md5(name.encode()).hexdigest()[:2]}"
