"""Writes an exchange as lines of the application log.

Owns the text of those lines. Strings are escaped ahead of time where they can be, because a day
has millions of them; what is left goes through f-strings, not through a JSON encoder.
"""

from __future__ import annotations

import json
from random import Random

from chertlog.ingest.simulate import catalogue, traffic
from chertlog.ingest.simulate.clock import Clock
from chertlog.ingest.simulate.model import APP_RECEIVED, APP_SENT, Exchange, Operation
from chertlog.ingest.simulate.roster import SURFACE_ADDRESSES

# (moment, text, the exchange it tells of, its bit in Exchange.lines, carries a trace id)
AppLine = tuple[int, str, Exchange | None, int, bool]

LEVELS = {2: "info", 4: "warn", 5: "error"}


def address(operation: Operation) -> str:
    """The caller's address: a connector's own, else one of the tenant's."""
    caller = operation.caller
    shared = SURFACE_ADDRESSES.get(caller.route.surface)
    own = caller.tenant.addresses
    return shared or own[operation.number % len(own)]


class AppLines:
    """Turns exchanges into application log lines."""

    def __init__(self, clock: Clock, rng: Random, deploys: list[int]) -> None:
        self._iso = clock.iso
        self._rng = rng
        self._deploys = deploys
        self._process = [
            tuple(
                f'"service":"chert-api","version":"{version}","host":"{host}"'
                for version in (traffic.OLD_VERSION, traffic.NEW_VERSION)
            )
            for host in traffic.HOSTS
        ]
        self._agents: dict[str, str] = {}

    def process(self, host: int, moment: int) -> str:
        return self._process[host][moment >= self._deploys[host]]

    def received(self, exchange: Exchange) -> AppLine:
        operation = exchange.operation
        caller = operation.caller
        extra = f',"idempotency_key":"{exchange.key}"' if exchange.key else ""
        content = ""
        if caller.route.sends:
            content = f',"to":"{operation.to}","text":"{operation.text}"'
        if self._rng.random() < traffic.HEADERS_SHARE:
            content += self._headers(exchange)
        agent = self._agents.get(caller.user_agent)
        if agent is None:
            agent = self._agents[caller.user_agent] = json.dumps(caller.user_agent)
        text = (
            f'{{"ts":"{self._iso(exchange.received)}","level":"info","event":"request.received",'
            f"{self.process(exchange.host, exchange.received)},"
            f'"trace_id":"{exchange.trace_id}",{caller.app_fields},"http.path":"{operation.path}",'
            f'"http.user_agent":{agent},"client_ip":"{address(operation)}"{extra},'
            f'"body_hash":"{operation.body_hash}"{content}}}'
        )
        return exchange.received, text, exchange, APP_RECEIVED, True

    def sent(self, exchange: Exchange, as_string: bool) -> AppLine:
        operation = exchange.operation
        body = ""
        if exchange.body is not None:
            sealed = json.dumps(exchange.body, ensure_ascii=False) if as_string else exchange.body
            body = f',"response.body":{sealed}'
        headers = []
        if exchange.trace_header is not None:
            headers.append(f'"X-Trace-ID":"{exchange.trace_header}"')
        if exchange.retry_after_header_s is not None:
            headers.append(f'"Retry-After":"{exchange.retry_after_header_s}"')
        level = LEVELS[exchange.http_status // 100]
        text = (
            f'{{"ts":"{self._iso(exchange.sent)}","level":"{level}","event":"response.sent",'
            f"{self.process(exchange.host, exchange.sent)},"
            f'"trace_id":"{exchange.trace_id}",{operation.caller.app_fields},'
            f'"http.path":"{operation.path}","http.status":{exchange.http_status},'
            f'"duration_ms":{duration_ms(exchange)},'
            f'"response.headers":{{{",".join(headers)}}}{body}}}'
        )
        return exchange.sent, text, exchange, APP_SENT, True

    def internal(self, exchange: Exchange) -> AppLine | None:
        """The one line between request and answer that customers never see, if there is one."""
        if exchange.cause is None:
            if not exchange.line:
                return None
            event, level, fields = "delivery.ok", "info", self._delivered(exchange)
        else:
            event = catalogue.CODES[exchange.cause].event
            level = "error" if exchange.cause // 1000 == 3 else "warn"
            fields = self._failure(exchange, exchange.cause, event)
        moment = exchange.received + (exchange.sent - exchange.received) * 7 // 8
        operation = exchange.operation
        text = (
            f'{{"ts":"{self._iso(moment)}","level":"{level}","event":"{event}",'
            f"{self.process(exchange.host, moment)},"
            f'"trace_id":"{exchange.trace_id}",{operation.caller.app_fields},'
            f'"http.path":"{operation.path}"{fields}}}'
        )
        return moment, text, exchange, 0, True

    def heartbeat(self, host: int, moment: int) -> AppLine:
        text = (
            f'{{"ts":"{self._iso(moment)}","level":"debug","event":"service.heartbeat",'
            f"{self.process(host, moment)}}}"
        )
        return moment, text, None, 0, False

    def reset(self, moment: int, lines: int) -> AppLine:
        text = (
            f'{{"ts":"{self._iso(moment)}","level":"info","event":"capacity.reset",'
            f'{self.process(0, moment)},"lines_reset":{lines}}}'
        )
        return moment, text, None, 0, False

    def _delivered(self, exchange: Exchange) -> str:
        service = exchange.operation.delivery_service
        return f',"delivery_service":"{service}","line":"{exchange.line}"'

    def _failure(self, exchange: Exchange, code: int, event: str) -> str:
        operation = exchange.operation
        tenant = operation.caller.tenant
        if event == "capacity.exhausted":
            return f',"lines":{tenant.quota.exhausted_json}'
        if event == "ratelimit.rejected":
            limit = tenant.limit
            return f',"limit_rps":{limit.per_second:.3f},"tokens":{limit.tokens:.3f}'
        if event == "handler.exception":
            return f',"error_type":"KeyError","detail":"conversation","stack":"{catalogue.STACK}"'
        if event == "delivery.failed":
            detail = catalogue.INTERNAL_DETAILS[code].replace("{to}", operation.to)
            line = tenant.lines[operation.number % len(tenant.lines)]
            return (
                f',"delivery_service":"{operation.delivery_service}",'
                f'"internal_code":"{catalogue.INTERNAL_CODES[code]}","detail":"{detail}",'
                f'"line":"{line}"'
            )
        message = catalogue.CODES[code].messages[0].replace("{to}", operation.to)
        return f',"detail":{json.dumps(message, ensure_ascii=False)}'

    def _headers(self, exchange: Exchange) -> str:
        secret = f"{self._rng.getrandbits(96):024x}"
        return (
            f',"headers":{{"content-type":"application/json",'
            f'"authorization":"Bearer ck_test_{secret}",'
            f'"x-chert-signature":"t={exchange.received // 1_000_000},v1={secret[::-1]}"}}'
        )


def duration_ms(exchange: Exchange) -> int:
    return (exchange.sent - exchange.received) // 1000
