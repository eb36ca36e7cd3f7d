"""Plants shared trace ids: two responses that look like one, and two that only seem to.

Owns the schedule of both rarities. The second response of a pair is a fresh operation, put into
the day's queue with its trace id already set, so a pair never stays half planted by chance.
"""

from __future__ import annotations

from random import Random

from chertlog.ingest.simulate import traffic
from chertlog.ingest.simulate.model import Caller, Exchange, Operation, Planned
from chertlog.ingest.simulate.operations import Operations
from chertlog.ingest.simulate.quota import SECOND_US

DUPLICATE_AFTER_S = (5, 600)  # well inside the 15 minutes that make them one response
COLLISION_AFTER_S = (30, 1500)  # another tenant's: at any distance
FAR_APART_S = (1200, 7200)  # the same tenant's: only beyond those 15 minutes


class Plants:
    """Watches answers go by and, when one is due, schedules its double."""

    def __init__(
        self, rng: Random, operations: Operations, callers: list[Caller], start: int, end: int
    ) -> None:
        self._rng = rng
        self._operations = operations
        self._slack = [c for c in callers if c.route.template == "/api/slack/commands"]
        self._end = end
        day = end - start
        self._collisions_due = [
            start + day * (2 * n + 1) // (3 * traffic.COLLISIONS) for n in range(traffic.COLLISIONS)
        ]
        self._duplicates_due = [
            start + day * (n + 1) // (traffic.DUPLICATE_TRACE_IDS + 1)
            for n in range(traffic.DUPLICATE_TRACE_IDS)
        ]

    def double(self, exchange: Exchange, planned: Planned) -> tuple[int, Operation] | None:
        """When and what to send under the same trace id; None for nearly all answers."""
        if exchange.protected or exchange.cause is not None:
            return None
        surface = exchange.operation.caller.route.surface
        if surface == "slack":
            return self._collision(exchange, planned)
        if surface == "v1" and self._duplicates_due and exchange.sent > self._duplicates_due[0]:
            self._duplicates_due.pop(0)
            found = self._schedule(exchange, exchange.operation.caller, DUPLICATE_AFTER_S)
            if found:
                exchange.duplicate_trace_id = True
                found[1].duplicates = True
                planned.violate("duplicate_trace_id", exchange.trace_id)
            return found
        return None

    def _collision(self, exchange: Exchange, planned: Planned) -> tuple[int, Operation] | None:
        if not self._collisions_due or exchange.sent <= self._collisions_due[0]:
            return None
        self._collisions_due.pop(0)
        own = exchange.operation.caller
        others = [caller for caller in self._slack if caller.tenant is not own.tenant]
        if len(self._collisions_due) % 2:
            found = self._schedule(exchange, self._rng.choice(others), COLLISION_AFTER_S)
        else:
            found = self._schedule(exchange, own, FAR_APART_S)
        if found:
            planned.collisions.append(exchange.trace_id)
        return found

    def _schedule(
        self, exchange: Exchange, caller: Caller, after_s: tuple[int, int]
    ) -> tuple[int, Operation] | None:
        at = exchange.sent + self._rng.randint(*after_s) * SECOND_US
        if at + 120 * SECOND_US >= self._end:
            return None
        operation = self._operations.new(caller)
        operation.trace_id = exchange.trace_id
        exchange.protected = True
        return at, operation
