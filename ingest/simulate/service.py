"""The simulated API: decides how each request is answered, and keeps the quotas while doing so.

Owns the order of checks: credentials, rate limit, faults of the request, incidents, passing
failures, and last the quota, so that a 4002 can only come from a quota that is used up.
"""

from __future__ import annotations

from bisect import bisect
from random import Random

from chertlog.ingest.simulate import bodies, traffic
from chertlog.ingest.simulate.model import Exchange, Operation, Planned
from chertlog.ingest.simulate.operations import TraceIds, new_key
from chertlog.ingest.simulate.quota import SECOND_US, seconds_to_next_hour
from chertlog.ingest.simulate.traffic import Outage
from chertlog.ingest.simulate.violations import Violations

AUTH_CODES = frozenset({2001, 2004, 2005, 2007, 2012, 2013})
SLOW_CODES = frozenset({3002, 3004, 4001})
EARLY_TOLERANCE_S = 1.0
DURATIONS = 4096


class Service:
    """Answers operations' attempts."""

    def __init__(self, rng: Random, start: int, end: int, planned: Planned, seed: int) -> None:
        self._rng = rng
        self._end = end
        self._planned = planned
        self._violations = Violations(rng)
        self.trace_ids = TraceIds(seed)
        length = end - start
        self.outages = [
            (start + int(o.at * length), start + int((o.at + o.length) * length), o)
            for o in traffic.OUTAGES
        ]
        median_us = traffic.MEDIAN_MS * 1000
        self._durations = [
            int(median_us * rng.lognormvariate(0, traffic.SIGMA_MS)) for _ in range(DURATIONS)
        ]

    def answer(self, operation: Operation, now: int) -> Exchange | None:
        """The exchange this attempt becomes; None if its answer belongs to the next day."""
        random = self._rng.random
        caller = operation.caller
        outage = self._outage(operation, now)
        code = self._refusal(operation, now, outage)
        duration = self._durations[int(random() * DURATIONS)]
        if code in SLOW_CODES or outage:
            duration = int(duration * traffic.FAILING_FACTOR)
        sent = now + duration
        if sent >= self._end:
            return None
        if code is None and caller.route.sends and not caller.tenant.quota.has_room(now):
            code = 4002
        operation.attempt += 1
        key = operation.key
        if key and operation.attempt > 1 and caller.manner == "mints_keys":
            key = new_key(self._rng)
        trace_id = operation.trace_id or self.trace_ids.next(caller.route.surface == "slack")
        host = int(random() * len(traffic.HOSTS))
        exchange = Exchange(trace_id, operation, operation.attempt, now, sent, host, key)
        exchange.trace_header = trace_id
        exchange.protected = operation.trace_id is not None
        exchange.duplicate_trace_id = operation.duplicates
        operation.trace_id, operation.duplicates = None, False
        if operation.attempt > 1:
            self._judge(exchange)
        if code is not None:
            self._fail(exchange, code, outage)
        elif random() < traffic.UNCODED_SHARE:
            exchange.is_error, exchange.http_status = True, 502
            self._planned.uncoded.append(trace_id)
        elif caller.route.sends:
            exchange.line = caller.tenant.quota.take()
        operation.last_sent = sent
        operation.last_code = code
        operation.last_retryable = exchange.retryable
        told = exchange.retry_after_s
        operation.told_to_wait_s = exchange.retry_after_header_s if told is None else told
        return exchange

    def _refusal(self, operation: Operation, now: int, outage: Outage | None) -> int | None:
        caller = operation.caller
        doomed_to = operation.doomed_to
        if doomed_to in AUTH_CODES:
            return doomed_to
        if not caller.tenant.limit.allows(now):
            return 1007
        if doomed_to is not None:
            return doomed_to
        random = self._rng.random
        if outage and random() < outage.share:
            return outage.codes[int(random() * len(outage.codes))]
        if (draw := random()) < caller.transient_share:
            return caller.transient[bisect(caller.transient, (draw, 0))][1]
        return None

    def _outage(self, operation: Operation, now: int) -> Outage | None:
        for start, end, outage in self.outages:
            if start <= now < end:
                route = operation.caller.route
                if outage.route == route.template:
                    return outage
                if route.sends and outage.delivery_service == operation.delivery_service:
                    return outage
        return None

    def _judge(self, exchange: Exchange) -> None:
        """What the client did wrong by sending this attempt, seen from its own side."""
        operation = exchange.operation
        told = operation.told_to_wait_s
        waited = (exchange.received - operation.last_sent) / SECOND_US
        if told is not None and waited < told - EARLY_TOLERANCE_S:
            self._planned.early_retries.append(exchange.trace_id)
        if operation.last_retryable is False:
            self._planned.retries_of_final_errors.append(exchange.trace_id)

    def _fail(self, exchange: Exchange, code: int, outage: Outage | None) -> None:
        rng = self._rng
        operation = exchange.operation
        retry_after = 0
        if code == 4002:
            retry_after = seconds_to_next_hour(exchange.received)
        elif code == 1007:
            limit = operation.caller.tenant.limit
            retry_after = int((1 - limit.tokens) / limit.per_second) + 1 + int(rng.random() * 4)
        answer = bodies.draft(operation, code, exchange.trace_id, retry_after, rng)
        if outage and outage.flapping and code in outage.codes:
            answer.fields["retryable"] = rng.random() < 0.5
        kind = None if exchange.protected else self._violations.bend(answer)
        if kind:
            self._planned.violate(kind, exchange.trace_id)
        sent_code = answer.fields.get("code")
        exchange.is_error = True
        exchange.http_status = answer.http_status
        exchange.error_code = None if sent_code is None else int(str(sent_code))
        retryable = answer.fields.get("retryable")
        exchange.retryable = retryable if isinstance(retryable, bool) else None
        told = answer.fields.get("retry_after")
        exchange.retry_after_s = told if isinstance(told, int) else None
        exchange.retry_after_header_s = answer.header_retry_after
        exchange.trace_header = answer.header_trace_id
        exchange.envelope = answer.envelope
        exchange.body = bodies.wrap(answer)
        exchange.cause = code
