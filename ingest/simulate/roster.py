"""Builds the tenants and their callers, and says how much each calls at what time of day.

Owns the translation of `traffic`'s weights into rates for one run. All rates scale with `rps`,
so that a small day and a large one tell the same story.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from chertlog.ingest.simulate import traffic
from chertlog.ingest.simulate.model import Caller, Tenant
from chertlog.ingest.simulate.quota import HOUR_US, SECOND_US, HourlyQuota, RateLimit
from chertlog.ingest.simulate.traffic import Route

SLOT_US = HOUR_US // 4
USER_AGENTS = {
    "v1": ("chert-node/2.4.1", "chert-python/1.9.0", "okhttp/4.12.0", 'bulk "sender"/1.0'),
    "salesforce": ("SFDC-Callout/62.0",),
    "hubspot": ("HubSpot Connect 2.0",),
    "slack": ("Slackbot 1.0 (+https://api.slack.com/robots)",),
}
SURFACE_ADDRESSES = {"salesforce": "192.0.2.10", "hubspot": "192.0.2.20", "slack": "192.0.2.30"}
# The fictional range 555-01XX, widened by area code; the first few of each are sender lines.
AREA_CODES = tuple(a for a in range(201, 990) if a % 100 != 11 and (a // 10) % 10 != 9)
SENDERS_PER_AREA = 10
RECIPIENTS = tuple(
    f"+1{area}55501{last:02d}" for area in AREA_CODES for last in range(SENDERS_PER_AREA, 100)
)


def _odds(per_ten_thousand: Mapping[int, float]) -> tuple[tuple[float, int], ...]:
    sums = accumulate(per_ten_thousand.values())
    return tuple((s / 10_000, code) for s, code in zip(sums, per_ten_thousand, strict=True))


def _manner(rank: int) -> str:
    others = traffic.OTHER_MANNERS
    return traffic.MANNERS.get(rank) or others[rank % len(others)]


def _subscribes(tenant: Tenant, route: Route) -> bool:
    """Everybody calls v1; each connector has every third tenant."""
    connectors = ("salesforce", "hubspot", "slack")
    return route.surface == "v1" or connectors[tenant.rank % 3] == route.surface


class Roster:
    """The tenants, their callers, and the weight of each caller in every quarter of an hour."""

    def __init__(self, rps: float, start: int, end: int) -> None:
        self.start, self.end = start, end
        shares = [1 / rank**traffic.ZIPF_EXPONENT for rank in range(1, traffic.TENANTS + 1)]
        self._operations_per_s = rps / traffic.AMPLIFICATION
        self._scale = 1.0
        peaks = traffic.PEAK_HOURS
        mean = self._mean_level(zip(shares, range(traffic.TENANTS), strict=True))
        self._scale = self._operations_per_s / mean
        self.tenants = [
            self._tenant(rank, share, peaks[(rank - 1) % len(peaks)])
            for rank, share in enumerate(shares, start=1)
        ]
        self.callers = [
            self._caller(tenant, route)
            for tenant in self.tenants
            for route in traffic.ROUTES
            if _subscribes(tenant, route)
        ]
        self._route_weights = [
            caller.route.weight * (1 if caller.route.surface == "v1" else 3)
            for caller in self.callers
        ]
        self._weight_of: dict[str, float] = {}
        for caller, weight in zip(self.callers, self._route_weights, strict=True):
            name = caller.tenant.tenant_id
            self._weight_of[name] = self._weight_of.get(name, 0.0) + weight
        for tenant in self.tenants:
            self._equip(tenant)

    def rates(self, now: int) -> tuple[float, list[float]]:
        """Operations per second in this slot, and the callers' cumulative weights."""
        middle = now - now % SLOT_US + SLOT_US // 2
        level = {
            t.tenant_id: t.share * self._shape(t.peak_hour, middle) / self._weight_of[t.tenant_id]
            for t in self.tenants
        }
        weights = [
            level[caller.tenant.tenant_id] * weight
            for caller, weight in zip(self.callers, self._route_weights, strict=True)
        ]
        cumulative = list(accumulate(weights))
        return cumulative[-1] * self._scale, cumulative

    def mean_rate(self, tenant: Tenant) -> float:
        """Operations per second of one tenant, over the whole run."""
        slots = self._slots()
        return sum(self._rate(tenant, slot) for slot in slots) / len(slots)

    def _slots(self) -> Sequence[int]:
        return range(self.start - self.start % SLOT_US + SLOT_US // 2, self.end, SLOT_US) or [
            self.start
        ]

    def _shape(self, peak_hour: float, now: int) -> float:
        hour = now % (24 * HOUR_US) / HOUR_US
        distance = min(abs(hour - peak_hour), 24 - abs(hour - peak_hour))
        bump = math.exp(-((distance / traffic.PEAK_WIDTH_H) ** 2))
        return traffic.NIGHT_LEVEL + (1 - traffic.NIGHT_LEVEL) * bump

    def _rate(self, tenant: Tenant, now: int) -> float:
        return self._scale * tenant.share * self._shape(tenant.peak_hour, now)

    def _mean_level(self, shares: Iterable[tuple[float, int]]) -> float:
        slots = self._slots()
        peaks = traffic.PEAK_HOURS
        return sum(
            share * sum(self._shape(peaks[index % len(peaks)], slot) for slot in slots) / len(slots)
            for share, index in shares
        )

    def _tenant(self, rank: int, share: float, peak_hour: float) -> Tenant:
        by_rank = traffic.LINES_BY_RANK
        area = AREA_CODES[(rank * 29) % len(AREA_CODES)]
        lines = tuple(f"+1{area}55501{n:02d}" for n in range(by_rank[min(rank, len(by_rank)) - 1]))
        addresses = tuple(f"203.0.113.{rank * 4 + n}" for n in range(1 + rank % 3))
        # Quota and limit depend on the rates, which need all tenants: see _equip.
        quota, limit = HourlyQuota(lines, 1), RateLimit(1, 1)
        name = f"tenant-{rank:02d}"
        return Tenant(name, rank, _manner(rank), share, peak_hour, addresses, lines, quota, limit)

    def _equip(self, tenant: Tenant) -> None:
        """Give the tenant its quota and its rate limit, both in proportion to its own traffic."""
        rates = [self._rate(tenant, slot) for slot in self._slots()]
        per_hour = max(sum(rates[i : i + 4]) / len(rates[i : i + 4]) for i in range(len(rates)))
        sending = sum(
            weight
            for caller, weight in zip(self.callers, self._route_weights, strict=True)
            if caller.tenant is tenant and caller.route.sends
        )
        peak = per_hour * HOUR_US / SECOND_US * sending / self._weight_of[tenant.tenant_id]
        tight = traffic.SATURATING.get(tenant.rank)
        wanted = peak * tight if tight else peak * traffic.ROOMY_FACTOR + traffic.ROOMY_FLOOR
        tenant.quota = HourlyQuota(tenant.lines, wanted)
        mean = sum(rates) / len(rates)
        per_second = max(traffic.LIMIT_FLOOR_RPS, mean * traffic.LIMIT_FACTOR)
        tenant.limit = RateLimit(per_second, traffic.LIMIT_BURST_S)

    def _caller(self, tenant: Tenant, route: Route) -> Caller:
        platform = route.surface in ("hubspot", "slack")
        agents = USER_AGENTS[route.surface]
        transient = traffic.TRANSIENT | (traffic.TRANSIENT_SENDING if route.sends else {})
        doom, passing = _odds(route.faults), _odds(transient)
        fields = {
            "tenant_id": tenant.tenant_id,
            "surface": route.surface,
            "http.method": route.method,
            "http.route": route.template,
        }
        attributes = {
            "http.request.method": route.method,
            "http.route": route.template,
            "chert.tenant_id": tenant.tenant_id,
            "chert.surface": route.surface,
        }
        return Caller(
            tenant=tenant,
            route=route,
            manner="platform" if platform else tenant.manner,
            user_agent=agents[tenant.rank % len(agents)],
            sends_tenant_header=route.surface != "hubspot",
            app_fields=json.dumps(fields, separators=(",", ":"))[1:-1],
            otlp_fields=",".join(
                f'{{"key":"{key}","value":{{"stringValue":"{value}"}}}}'
                for key, value in attributes.items()
            ),
            doom=doom,
            transient=passing,
            doom_share=doom[-1][0],
            transient_share=passing[-1][0],
        )
