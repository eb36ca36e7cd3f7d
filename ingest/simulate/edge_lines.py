"""Writes exchanges, and what nginx answered itself, as lines of the edge log.

Owns the text of those lines, in the `chert` log_format.
"""

from __future__ import annotations

from random import Random

from chertlog.ingest.simulate import traffic
from chertlog.ingest.simulate.app_lines import address, duration_ms
from chertlog.ingest.simulate.clock import Clock
from chertlog.ingest.simulate.model import EdgeOnly, Exchange
from chertlog.ingest.simulate.quota import SECOND_US

UPSTREAMS = tuple(f"10.0.0.{n + 11}:8080" for n in range(len(traffic.HOSTS)))
SUCCESS_BYTES = (140, 420)
BINARY = r"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03"


def escaped(value: str) -> str:
    """As nginx writes a variable."""
    return value.replace('"', r"\x22")


class EdgeLines:
    """Turns exchanges into access log lines."""

    def __init__(self, clock: Clock, rng: Random) -> None:
        self._clf = clock.clf
        self._rng = rng

    def answered(self, exchange: Exchange) -> str:
        operation = exchange.operation
        caller = operation.caller
        random = self._rng.random
        took = duration_ms(exchange) / 1000
        urt, upstream = f"{took:.3f}", UPSTREAMS[exchange.host]
        if random() < traffic.TWO_UPSTREAMS_SHARE:
            # The first upstream refused the connection, nginx went on to the next.
            urt, upstream = f"0.001, {urt}", f"{UPSTREAMS[exchange.host - 1]}, {upstream}"
        if exchange.body is None:
            low, high = SUCCESS_BYTES
            size = low + int(random() * (high - low))
        else:
            size = len(exchange.body.encode())
        wait = exchange.retry_after_header_s
        return (
            f"{address(operation)} - - [{self._clf(exchange.sent)}] "
            f'"{caller.route.method} {_target(exchange)} HTTP/1.1" {exchange.http_status} {size} '
            f'"-" "{escaped(caller.user_agent)}" trace_id={exchange.trace_header or "-"} '
            f'rt={took + 0.001:.3f} urt="{urt}" uaddr="{upstream}" '
            f"retry_after={'-' if wait is None else wait} "
            f"tenant={caller.tenant.tenant_id if caller.sends_tenant_header else '-'}"
        )

    def own(self, exchange: Exchange) -> tuple[int, str, EdgeOnly]:
        """A request that nginx answered itself about when this exchange went by."""
        rng = self._rng
        moment = exchange.received + int(rng.random() * SECOND_US)
        caller = exchange.operation.caller
        kind = rng.random()
        urt = uaddr = tenant = "-"
        rt = 0.0
        if kind < 0.3:
            status, size, request, agent = 400, 157, BINARY, "-"
        else:
            path = caller.route.template.replace("{chat_id}", "c_0").replace("{message_id}", "m_0")
            request, agent = f"{caller.route.method} {path} HTTP/1.1", escaped(caller.user_agent)
            if caller.sends_tenant_header:
                tenant = caller.tenant.tenant_id
            if kind < 0.8:
                status, size, rt = 499, 0, 1 + rng.random() * 9
            elif kind < 0.92:
                status, size, rt = 502, 150, 0.002
                urt, uaddr = "0.000", UPSTREAMS[exchange.host]
            else:
                status, size, rt = 504, 160, 30.001
                urt, uaddr = "30.001", UPSTREAMS[exchange.host]
        text = (
            f'{address(exchange.operation)} - - [{self._clf(moment)}] "{request}" {status} {size} '
            f'"-" "{agent}" trace_id=- rt={rt:.3f} urt="{urt}" uaddr="{uaddr}" '
            f"retry_after=- tenant={tenant}"
        )
        return moment, text, EdgeOnly(status)


def _target(exchange: Exchange) -> str:
    """The request target; an OAuth callback carries its state in the query."""
    path = exchange.operation.path
    if path.endswith("/callback"):
        return f"{path}?state={exchange.operation.body_hash}&code=cc_test_{exchange.trace_id}"
    return path
