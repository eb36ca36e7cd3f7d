"""Writes exchanges as lines of the OpenTelemetry export.

Owns the batching (up to 50 records a line, what one collector flush held) and the record text.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from random import Random

from chertlog.ingest.simulate import traffic
from chertlog.ingest.simulate.model import OTLP, Exchange
from chertlog.ingest.simulate.quota import SECOND_US

BATCH_RECORDS = 50
BATCH_US = 5 * SECOND_US
EXPORT_DELAY_US = 200_000


@dataclass(slots=True)
class Batch:
    """One line: its text and the exchanges it holds, in the order of its records."""

    text: str
    exchanges: list[Exchange]


class OtlpLines:
    """Turns a stretch of exchanges, in the order sent, into export lines."""

    def __init__(self, rng: Random, deploys: list[int]) -> None:
        self._rng = rng
        self._deploys = deploys

    def batches(self, exchanges: list[Exchange]) -> list[Batch]:
        """The lines of one stretch. A lost batch loses its exchanges' OTLP bit instead."""
        lines: list[Batch] = []
        held: list[Exchange] = []
        for exchange in exchanges:
            full = len(held) >= BATCH_RECORDS
            if held and (full or exchange.sent - held[0].sent > BATCH_US):
                self._export(held, lines)
                held = []
            if exchange.lines & OTLP:
                held.append(exchange)
        if held:
            self._export(held, lines)
        return lines

    def _export(self, held: list[Exchange], lines: list[Batch]) -> None:
        if self._rng.random() < traffic.OTLP_BATCH_LOST_SHARE:
            for exchange in held:
                exchange.lines &= ~OTLP
            return
        held.sort(key=lambda exchange: exchange.host)
        parts = [
            self._resource(host, version, list(group))
            for (host, version), group in groupby(held, self._process)
        ]
        lines.append(Batch(f'{{"resourceLogs":[{",".join(parts)}]}}', held))

    def _process(self, exchange: Exchange) -> tuple[int, str]:
        new = exchange.sent >= self._deploys[exchange.host]
        return exchange.host, traffic.NEW_VERSION if new else traffic.OLD_VERSION

    def _resource(self, host: int, version: str, group: list[Exchange]) -> str:
        return (
            '{"resource":{"attributes":['
            '{"key":"service.name","value":{"stringValue":"chert-api"}},'
            f'{{"key":"service.version","value":{{"stringValue":"{version}"}}}},'
            f'{{"key":"host.name","value":{{"stringValue":"{traffic.HOSTS[host]}"}}}}]}},'
            '"scopeLogs":[{"scope":{"name":"chert.http"},"logRecords":['
            f"{','.join(map(self._record, group))}]}}]}}"
        )

    def _record(self, exchange: Exchange) -> str:
        operation = exchange.operation
        status = exchange.http_status
        severity = '9,"severityText":"INFO"' if status < 400 else '17,"severityText":"ERROR"'
        ids = self._rng.getrandbits(192)
        # int64 is a string in proto3 JSON, but some exporters write a number.
        number = f'"{status}"' if exchange.sent & 1 else f"{status}"
        return (
            f'{{"timeUnixNano":"{exchange.sent}000",'
            f'"observedTimeUnixNano":"{exchange.sent + EXPORT_DELAY_US}000",'
            f'"severityNumber":{severity},"body":{{"stringValue":"response.sent"}},'
            f'"attributes":[{operation.caller.otlp_fields},'
            f'{{"key":"url.path","value":{{"stringValue":"{operation.path}"}}}},'
            f'{{"key":"http.response.status_code","value":{{"intValue":{number}}}}},'
            f'{{"key":"chert.trace_id","value":{{"stringValue":"{exchange.trace_id}"}}}}'
            f"{_error(exchange) if exchange.is_error else ''}],"
            f'"traceId":"{ids >> 64:032x}","spanId":"{ids & 0xFFFFFFFFFFFFFFFF:016x}"}}'
        )


def _error(exchange: Exchange) -> str:
    quote = '"' if exchange.sent & 2 else ""
    text = ""
    if (code := exchange.error_code) is not None:
        text += (
            f',{{"key":"error.type","value":{{"stringValue":"{code}"}}}}'
            f',{{"key":"chert.error.code","value":{{"intValue":{quote}{code}{quote}}}}}'
        )
    if exchange.retryable is not None:
        flag = "true" if exchange.retryable else "false"
        text += f',{{"key":"chert.error.retryable","value":{{"boolValue":{flag}}}}}'
    if (wait := exchange.retry_after_s) is not None:
        text += f',{{"key":"chert.error.retry_after","value":{{"intValue":{quote}{wait}{quote}}}}}'
    return text
