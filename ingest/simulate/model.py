"""The nouns of the simulation: callers, operations and exchanges.

They only hold state. `service` decides what happens to them; `records` writes them down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chertlog.ingest.simulate.traffic import Route

if TYPE_CHECKING:
    from chertlog.ingest.simulate.quota import HourlyQuota, RateLimit

# Which lines of an exchange exist and have survived damage.
APP_RECEIVED, APP_SENT, EDGE, OTLP = 1, 2, 4, 8
ALL_LINES = APP_RECEIVED | APP_SENT | EDGE | OTLP


@dataclass(slots=True)
class Tenant:
    """One customer, with its sender lines and its conduct."""

    tenant_id: str
    rank: int
    manner: str
    share: float
    peak_hour: float
    addresses: tuple[str, ...]
    lines: tuple[str, ...]
    quota: HourlyQuota
    limit: RateLimit


@dataclass(slots=True)
class Caller:
    """One tenant on one route, with the pieces of text that all its log lines share."""

    tenant: Tenant
    route: Route
    manner: str
    user_agent: str
    sends_tenant_header: bool
    app_fields: str
    otlp_fields: str
    doom: tuple[tuple[float, int], ...]  # cumulative probability -> code
    transient: tuple[tuple[float, int], ...]
    doom_share: float
    transient_share: float


@dataclass(slots=True)
class Operation:
    """What a client wants done once. Its attempts share body, path and doom."""

    number: int
    caller: Caller
    path: str
    body_hash: str
    to: str
    text: str
    key: str | None
    delivery_service: str
    doomed_to: int | None
    attempt: int = 0
    last_sent: int = 0
    last_code: int | None = None
    last_retryable: bool | None = None
    told_to_wait_s: int | None = None
    trace_id: str | None = None  # set only to plant a collision or a duplicate
    duplicates: bool = False  # the planted one is a duplicate_trace_id


@dataclass(slots=True)
class Exchange:
    """One request and its answer. Times are microseconds since the epoch."""

    trace_id: str
    operation: Operation
    attempt: int
    received: int
    sent: int
    host: int
    key: str | None
    http_status: int = 200
    is_error: bool = False
    cause: int | None = None  # the code that happened, whatever a violation made of it
    error_code: int | None = None
    retryable: bool | None = None
    retry_after_s: int | None = None
    retry_after_header_s: int | None = None
    envelope: str = ""
    body: str | None = None  # JSON text of the error body
    line: str = ""  # the sender line that carried the message
    trace_header: str | None = None
    lines: int = ALL_LINES
    protected: bool = False  # planted rarities are never damaged
    duplicate_trace_id: bool = False


@dataclass(slots=True)
class EdgeOnly:
    """An edge line without a trace id: nobody can tell which exchange it was, if any."""

    http_status: int
    lines: int = EDGE
    protected: bool = False


Owner = Exchange | EdgeOnly


@dataclass(slots=True)
class Planned:
    """What the simulation did on purpose and only it can know."""

    violations: dict[str, list[str]] = field(default_factory=dict)
    early_retries: list[str] = field(default_factory=list)
    retries_of_final_errors: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    uncoded: list[str] = field(default_factory=list)
    bodies_as_string: list[str] = field(default_factory=list)
    collisions: list[str] = field(default_factory=list)
    said_again: list[tuple[int, int]] = field(default_factory=list)  # numbers of operations

    def violate(self, kind: str, trace_id: str) -> None:
        self.violations.setdefault(kind, []).append(trace_id)
