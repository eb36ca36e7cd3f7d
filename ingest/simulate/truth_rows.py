"""One CSV row per response: what was really answered, and which logs still show it.

Owns the columns of truth-responses.csv.gz. `envelope` is the shape as sent, empty without an
error body; `operation` and `attempt` are the client's intent, whatever its keys and hashes say.
"""

from __future__ import annotations

from chertlog.ingest.simulate.app_lines import duration_ms
from chertlog.ingest.simulate.clock import Clock
from chertlog.ingest.simulate.model import APP_RECEIVED, APP_SENT, EDGE, OTLP, Exchange

COLUMNS = (
    "chertlog_truth_trace_id,occurred_at,received_at,tenant_id,surface,http_method,http_route,"
    "url_path,http_status,is_error,error_code,retryable,retry_after_s,retry_after_header_s,"
    "envelope,duration_ms,operation,attempt,has_idempotency_key,manner,app_received,app_sent,"
    "edge,otlp,duplicate_trace_id"
)
WORD = {True: "true", False: "false", None: ""}


def row(exchange: Exchange, clock: Clock) -> str:
    """One line of the CSV; no value here can hold a comma or a quote."""
    operation = exchange.operation
    caller = operation.caller
    route = caller.route
    lines = exchange.lines
    iso = clock.iso
    return (
        f"{exchange.trace_id},{iso(exchange.sent)},{iso(exchange.received)},"
        f"{caller.tenant.tenant_id},{route.surface},{route.method},{route.template},"
        f"{operation.path},{exchange.http_status},{WORD[exchange.is_error]},"
        f"{_or_empty(exchange.error_code)},{WORD[exchange.retryable]},"
        f"{_or_empty(exchange.retry_after_s)},{_or_empty(exchange.retry_after_header_s)},"
        f"{exchange.envelope},{duration_ms(exchange)},op-{operation.number:08d},"
        f"{exchange.attempt},{WORD[exchange.key is not None]},{caller.manner},"
        f"{WORD[lines & APP_RECEIVED > 0]},{WORD[lines & APP_SENT > 0]},"
        f"{WORD[lines & EDGE > 0]},{WORD[lines & OTLP > 0]},"
        f"{WORD[exchange.duplicate_trace_id]}"
    )


def _or_empty(value: int | None) -> str:
    return "" if value is None else str(value)
