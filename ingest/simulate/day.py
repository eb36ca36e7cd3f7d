"""Runs a day: lets clients call, the service answer, and the logs be written, in time order.

Owns the order of events and the stretches in which they are flushed, which bound the memory.
A stretch ends on a whole multiple of its length, so none spans two hours; lines that belong to
a later stretch wait, and no line can come earlier than the stretch it was made in.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from heapq import heappop, heappush
from operator import attrgetter
from random import Random

from chertlog.ingest.simulate import traffic
from chertlog.ingest.simulate.app_lines import AppLine, AppLines
from chertlog.ingest.simulate.clients import retry_at
from chertlog.ingest.simulate.clock import Clock
from chertlog.ingest.simulate.edge_lines import EdgeLines
from chertlog.ingest.simulate.logs import EdgeLine, Logs
from chertlog.ingest.simulate.model import (
    APP_RECEIVED,
    APP_SENT,
    EDGE,
    OTLP,
    EdgeOnly,
    Exchange,
    Operation,
    Planned,
)
from chertlog.ingest.simulate.operations import Operations
from chertlog.ingest.simulate.otlp_lines import OtlpLines
from chertlog.ingest.simulate.plants import Plants
from chertlog.ingest.simulate.quota import HOUR_US, SECOND_US
from chertlog.ingest.simulate.roster import Roster
from chertlog.ingest.simulate.service import Service
from chertlog.ingest.simulate.truth import Truth

STRETCH_RESPONSES = 12_000
STRETCHES_S = (900, 300, 60, 30, 20, 10, 5, 2, 1)  # each divides `roster.SLOT_US`

Progress = Callable[[int, int], None]


class Day:
    """One run from `start` to `end`, in microseconds since the epoch."""

    def __init__(
        self, logs: Logs, truth: Truth, clock: Clock, planned: Planned, roster: Roster, seed: int
    ) -> None:
        self._logs, self._truth, self._planned, self._roster = logs, truth, planned, roster
        self.start, self.end = roster.start, roster.end
        self._rng = Random(f"{seed} traffic")
        deploys = [self._at(share) for share in traffic.DEPLOY_AT]
        self._operations = Operations(self._rng, planned)
        self.service = Service(self._rng, self.start, self.end, planned, seed)
        self._plants = Plants(self._rng, self._operations, roster.callers, self.start, self.end)
        lines_rng = Random(f"{seed} lines")
        self._app = AppLines(clock, lines_rng, deploys)
        self._edge = EdgeLines(clock, lines_rng)
        self._otlp = OtlpLines(Random(f"{seed} otlp"), deploys)
        # Attempts that are already sure to come: (when, tie-breaker, operation).
        self._coming: list[tuple[int, int, Operation]] = []
        self._queued = 0
        self._app_lines: list[AppLine] = []
        self._edge_lines: list[EdgeLine] = []
        self._answered: list[Exchange] = []

    def run(self, expected: int, progress: Progress | None) -> None:
        self._plan_bursts(expected)
        wanted = STRETCH_RESPONSES * (self.end - self.start) / max(expected, 1)
        fitting = (s for s in STRETCHES_S if s * SECOND_US <= wanted)
        stretch = next(fitting, STRETCHES_S[-1]) * SECOND_US
        now = self.start
        while now < self.end:
            until = min(now - now % stretch + stretch, self.end)
            self._let_call(now, until)
            self._service_lines(now, until)
            self._flush(now, until)
            now = until
            if progress is not None:
                progress(self._truth.responses, expected)

    def _at(self, share: float) -> int:
        return self.start + int((self.end - self.start) * share)

    def _queue(self, moment: int, operation: Operation) -> None:
        self._queued += 1
        heappush(self._coming, (moment, self._queued, operation))

    def _plan_bursts(self, expected: int) -> None:
        floor = min(traffic.BURST_FLOOR, int(expected * traffic.BURST_FLOOR_SHARE))
        for burst in traffic.BURSTS:
            tenant = self._roster.tenants[burst.rank - 1]
            caller = next(c for c in self._roster.callers if c.tenant is tenant)
            wanted = int(self._roster.mean_rate(tenant) * burst.minutes * 60)
            for _ in range(max(wanted, floor)):
                moment = self._at(burst.at) + int(self._rng.random() * burst.length_s * SECOND_US)
                self._queue(moment, self._operations.new(caller))

    def _let_call(self, now: int, until: int) -> None:
        """All attempts of one stretch: new operations and the ones that were queued."""
        rng = self._rng
        per_second, weights = self._roster.rates(now)
        gap = rng.expovariate
        arrivals: list[int] = []
        moment = now + int(gap(per_second) * SECOND_US)
        while moment < until:
            arrivals.append(moment)
            moment += int(gap(per_second) * SECOND_US)
        callers = rng.choices(self._roster.callers, cum_weights=weights, k=len(arrivals))
        coming = self._coming
        new = self._operations.new
        attempt = self._attempt
        for moment, caller in zip(arrivals, callers, strict=True):
            while coming and coming[0][0] <= moment:
                queued, _, operation = heappop(coming)
                attempt(operation, queued)
            attempt(new(caller), moment)
        while coming and coming[0][0] < until:
            queued, _, operation = heappop(coming)
            attempt(operation, queued)

    def _attempt(self, operation: Operation, now: int) -> None:
        random = self._rng.random
        if random() < traffic.UNANSWERED_SHARE and operation.trace_id is None:
            self._leave_unanswered(operation, now)
            return
        exchange = self.service.answer(operation, now)
        if exchange is None:
            return
        double = self._plants.double(exchange, self._planned)
        if double is not None:
            self._queue(*double)
        if exchange.is_error:
            again = retry_at(operation, self._rng)
            if again is not None and again < self.end:
                self._queue(again, operation)
        if exchange.trace_header is None:
            exchange.lines &= ~EDGE  # nginx writes `-`: nobody can tell whose line it is
        if random() < traffic.APP_LOST_SHARE and not exchange.protected:
            exchange.lines &= ~(APP_RECEIVED | APP_SENT)
            if random() < traffic.APP_LOST_SO_IS_OTLP_SHARE:
                exchange.lines &= ~OTLP
        else:
            self._log(exchange)
        self._answered.append(exchange)
        if random() < traffic.EDGE_ONLY_SHARE:
            own = self._edge.own(exchange)
            if own[0] < self.end:
                self._edge_lines.append(own)

    def _log(self, exchange: Exchange) -> None:
        lines = self._app_lines
        lines.append(self._app.received(exchange))
        internal = self._app.internal(exchange)
        if internal is not None:
            lines.append(internal)
        as_string = exchange.body is not None and self._rng.random() < traffic.BODY_AS_STRING_SHARE
        if as_string:
            self._planned.bodies_as_string.append(exchange.trace_id)
        lines.append(self._app.sent(exchange, as_string))

    def _leave_unanswered(self, operation: Operation, now: int) -> None:
        """The process died over the request: it was received, and that is all."""
        trace_id = self.service.trace_ids.next(operation.caller.route.surface == "slack")
        exchange = Exchange(trace_id, operation, operation.attempt + 1, now, now, 0, operation.key)
        exchange.protected = True
        self._app_lines.append(self._app.received(exchange))
        self._planned.unanswered.append(trace_id)

    def _service_lines(self, now: int, until: int) -> None:
        """Lines that belong to no request."""
        beat = traffic.HEARTBEAT_S * SECOND_US
        for moment in range(-(-now // beat) * beat, until, beat):
            for host in range(len(traffic.HOSTS)):
                at = moment + host * 7_000_123
                if at < self.end:
                    self._app_lines.append(self._app.heartbeat(host, at))
        if now % HOUR_US == 0:
            lines = sum(len(tenant.lines) for tenant in self._roster.tenants)
            self._app_lines.append(self._app.reset(now + 1_042, lines))

    def _flush(self, now: int, until: int) -> None:
        """Write everything that happened before `until`; the rest waits for its own stretch."""
        self._app_lines.sort(key=_moment_and_text)
        cut = bisect_left(self._app_lines, until, key=_moment)
        self._logs.app(now, self._app_lines[:cut])
        del self._app_lines[:cut]

        self._answered.sort(key=attrgetter("sent"))
        cut = bisect_left(self._answered, until, key=attrgetter("sent"))
        answered = self._answered[:cut]
        del self._answered[:cut]
        render = self._edge.answered
        self._edge_lines += [
            (x.sent, render(x), x if x.lines & EDGE else EdgeOnly(x.http_status)) for x in answered
        ]
        self._edge_lines.sort(key=_moment_and_text)
        cut = bisect_left(self._edge_lines, until, key=_moment)
        edge = self._edge_lines[:cut]
        self._logs.edge(now, edge)
        del self._edge_lines[:cut]

        self._logs.otlp(self._otlp.batches(answered))
        anonymous = [owner for _, _, owner in edge if isinstance(owner, EdgeOnly)]
        self._truth.add(answered, anonymous, now)


def _moment(line: AppLine | EdgeLine) -> int:
    return line[0]


def _moment_and_text(line: AppLine | EdgeLine) -> tuple[int, str]:
    return line[0], line[1]
