"""Keeps the truth: what was really answered, and what a right ingest must find of it.

Owns truth.json and truth-responses.csv.gz. Sums called `errors`, `responses_by_hour_surface` and
`saturated` count responses that the application log or OTLP still show after damage; the CSV has
every response, with a flag per log. `edge_only` counts all edge lines without a trace id, those of
answers that missed their X-Trace-ID header included. A line that repeats one of another file is
the later hour's duplicate. Lists of trace ids tell what was planned, seen by a log or not.
`said_again` has pairs of operations: the first repeats the words of the second, and is meant.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from chertlog.ingest.simulate.catalogue import CODES
from chertlog.ingest.simulate.clock import Clock, hour_name
from chertlog.ingest.simulate.model import (
    APP_SENT,
    EDGE,
    OTLP,
    EdgeOnly,
    Exchange,
    Planned,
    Tenant,
)
from chertlog.ingest.simulate.quota import HOUR_US
from chertlog.ingest.simulate.truth_rows import COLUMNS, row
from chertlog.ingest.simulate.writers import Disk, LogFile, OutFile

MARKER = "chertlog_truth"


@dataclass(slots=True)
class SaturatedHour:
    """One tenant's hour on the routes that can answer 4002."""

    accepted: int = 0
    refused: int = 0
    first_refused: int | None = None
    refused_operations: set[int] = field(default_factory=set)
    served_operations: set[int] = field(default_factory=set)


class Truth:
    """Takes every exchange once all its lines are written."""

    def __init__(self, out: Path, disk: Disk, clock: Clock, planned: Planned) -> None:
        self._path = out / "truth.json"
        self._csv = OutFile(out / "truth-responses.csv.gz", disk)
        self._csv.append(f"{COLUMNS}\n".encode())
        self._clock = clock
        self._planned = planned
        self.responses = 0
        self._by_hour: Counter[tuple[int, str]] = Counter()
        self._errors: Counter[tuple[int, int | None, bool | None, str]] = Counter()
        self._envelopes: Counter[str] = Counter()
        self._overrides: Counter[tuple[str, int, bool]] = Counter()
        self._sent_as: dict[tuple[str, int, int], set[bool]] = {}
        self._hours: dict[tuple[str, int], SaturatedHour] = {}
        self._edge_only: Counter[tuple[int, int]] = Counter()

    @property
    def paths(self) -> tuple[Path, Path]:
        return self._path, self._csv.path

    def add(self, exchanges: list[Exchange], anonymous: list[EdgeOnly], now: int) -> None:
        for line in anonymous:
            if line.lines & EDGE:
                self._edge_only[now // HOUR_US, line.http_status] += 1
        self.responses += len(exchanges)
        for exchange in exchanges:
            if exchange.lines & (APP_SENT | OTLP):
                self._count(exchange)
        if exchanges:
            rows = [row(exchange, self._clock) for exchange in exchanges]
            self._csv.append(("\n".join(rows) + "\n").encode())

    def finish(
        self,
        arguments: dict[str, object],
        tenants: list[Tenant],
        incidents: dict[str, object],
        files: dict[str, list[LogFile]],
        damage: dict[str, dict[str, int]],
    ) -> None:
        self._csv.close()
        planned = self._planned
        out = self._path.parent
        document: dict[str, object] = {
            MARKER: 1,
            "arguments": arguments,
            "responses": self.responses,
            "logs": {log: _totals(parts) for log, parts in files.items()},
            "files": [_account(out, log, file) for log in files for file in files[log]],
            "damage": damage,
            "errors": self._error_groups(),
            "responses_by_hour_surface": [
                {"hour": hour_name(hour * HOUR_US), "surface": surface, "n": n}
                for (hour, surface), n in sorted(self._by_hour.items())
            ],
            "envelopes": dict(sorted(self._envelopes.items())),
            "edge_only": [
                {"hour": hour_name(hour * HOUR_US), "http_status": status, "n": n}
                for (hour, status), n in sorted(self._edge_only.items())
            ],
            "tenants": [_tenant(tenant) for tenant in tenants],
            "saturated": self._saturated(),
            "incidents": incidents,
            "retryable_overrides": [
                {"http_route": route, "error_code": code, "retryable": flag, "n": n}
                for (route, code, flag), n in sorted(self._overrides.items())
            ],
            "violations": planned.violations,
            "flapping_retryable": [
                {"http_route": route, "error_code": code, "hour": hour_name(hour * HOUR_US)}
                for (route, code, hour), flags in sorted(self._sent_as.items())
                if len(flags) == 2
            ],
            "early_retries": planned.early_retries,
            "retries_of_final_errors": planned.retries_of_final_errors,
            "unanswered": planned.unanswered,
            "uncoded": planned.uncoded,
            "bodies_as_string": planned.bodies_as_string,
            "collisions": planned.collisions,
            "said_again": [[f"op-{number:08d}" for number in pair] for pair in planned.said_again],
        }
        parts = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in document.items())
        self._path.write_text("{" + ",\n".join(parts) + "}\n", encoding="utf-8")

    def _count(self, exchange: Exchange) -> None:
        route = exchange.operation.caller.route
        hour = exchange.sent // HOUR_US
        self._by_hour[hour, route.surface] += 1
        if route.sends:
            self._saturation(exchange)
        if not exchange.is_error:
            return
        code, flag = exchange.error_code, exchange.retryable
        self._errors[hour, code, flag, route.surface] += 1
        self._envelopes[exchange.envelope or "none"] += 1
        if code is not None and flag is not None:
            self._sent_as.setdefault((route.template, code, hour), set()).add(flag)
            known = CODES.get(code)
            if known is not None and flag != known.retryable:
                self._overrides[route.template, code, flag] += 1

    def _saturation(self, exchange: Exchange) -> None:
        key = exchange.operation.caller.tenant.tenant_id, exchange.received // HOUR_US
        hour = self._hours.get(key)
        if hour is None:
            hour = self._hours[key] = SaturatedHour()
        if not exchange.is_error:
            hour.accepted += 1
            if exchange.operation.number in hour.refused_operations:
                hour.served_operations.add(exchange.operation.number)
        elif exchange.error_code == 4002:
            hour.refused += 1
            first = hour.first_refused
            hour.first_refused = min(first or exchange.received, exchange.received)
            hour.refused_operations.add(exchange.operation.number)

    def _saturated(self) -> list[dict[str, object]]:
        return [
            {
                "tenant_id": tenant_id,
                "hour": hour_name(hour * HOUR_US),
                "first_refused_at": self._clock.iso(found.first_refused),
                "refused": found.refused,
                "refused_operations": len(found.refused_operations),
                "unmet_operations": len(found.refused_operations - found.served_operations),
                "accepted": found.accepted,
            }
            for (tenant_id, hour), found in sorted(self._hours.items())
            if found.first_refused is not None
        ]

    def _error_groups(self) -> list[dict[str, object]]:
        def order(item: tuple[tuple[int, int | None, bool | None, str], int]) -> tuple[str, ...]:
            (hour, code, flag, surface), _ = item
            return str(hour), str(code), str(flag), surface

        return [
            {
                "hour": hour_name(hour * HOUR_US),
                "error_code": code,
                "retryable": flag,
                "surface": surface,
                "n": n,
            }
            for (hour, code, flag, surface), n in sorted(self._errors.items(), key=order)
        ]


def _totals(files: list[LogFile]) -> dict[str, int]:
    return {
        "files": len(files),
        "lines": sum(file.lines for file in files),
        "events": sum(file.events for file in files),
        "rejected": sum(len(file.rejected) for file in files),
        "blank": sum(file.blank for file in files),
        "duplicates": sum(file.duplicates for file in files),
        "bytes": sum(file.bytes for file in files),
    }


def _account(out: Path, log: str, file: LogFile) -> dict[str, object]:
    return {
        "path": file.path.relative_to(out).as_posix(),
        "log": log,
        "lines": file.lines,
        "physical_lines": file.physical_lines,
        "events": file.events,
        "rejected": len(file.rejected),
        "blank": file.blank,
        "duplicates": file.duplicates,
        "bytes": file.bytes,
        "rejected_lines": file.rejected,
    }


def _tenant(tenant: Tenant) -> dict[str, object]:
    return {
        "tenant_id": tenant.tenant_id,
        "manner": tenant.manner,
        "quota": tenant.quota.total,
        "cap_per_line": tenant.quota.cap,
        "lines": tenant.lines,
        "limit_rps": tenant.limit.per_second,
    }
