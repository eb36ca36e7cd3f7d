"""Every number that shapes a simulated day: who calls what, how often, and what goes wrong when.

Constants only, so that a reader can see and change the day in one place. Nothing here draws
random numbers; the other modules do, and take their odds from here. Weights are relative,
`_SHARE`s are probabilities, `_S`, `_MS` and `_MIN` are units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# --- tenants -----------------------------------------------------------------------------------

TENANTS = 24
ZIPF_EXPONENT = 0.9

# Manner by tenant rank (1 = busiest). `clients` says what each manner does.
MANNERS: dict[int, str] = {
    1: "compliant",
    2: "compliant",
    3: "no_key",
    4: "tight_loop",
    5: "never_retries",
    6: "top_of_hour",
    7: "retries_everything",
    8: "compliant",
    9: "mints_keys",
    10: "compliant",
    11: "top_of_hour",
    12: "tight_loop",
}
OTHER_MANNERS = ("compliant", "no_key", "never_retries", "retries_everything")

# These tenants bought too few lines: their hourly quota is this share of their peak demand.
SATURATING: dict[int, float] = {2: 0.78, 4: 0.8, 6: 0.72, 9: 0.74, 11: 0.75, 14: 0.7}
# Everybody else's quota is this many times the peak demand, plus a floor for tiny days.
ROOMY_FACTOR = 4.0
ROOMY_FLOOR = 15
LINES_BY_RANK = (8, 6, 5, 4, 4, 3, 3, 3, 2)  # the last one holds for all further ranks

# --- time of day (UTC) -------------------------------------------------------------------------

NIGHT_LEVEL = 0.3
PEAK_HOURS = (14.5, 9.5, 20.0)  # tenants take these in turn
PEAK_WIDTH_H = 3.6

# Responses per operation in this model. Arrivals are thinned by it so that `rps` comes out as
# the mean of responses; it was measured, not derived.
AMPLIFICATION = 1.06

# --- routes ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Route:
    """One route template. `faults` gives, per 10,000 operations, those doomed to that code."""

    surface: str
    method: str
    template: str
    envelope: str
    weight: float
    sends: bool
    takes_key: bool
    faults: Mapping[int, float]


_AUTH = {2004: 9, 2012: 7, 2013: 8}
ROUTES = (
    Route(
        "v1",
        "POST",
        "/api/v1/send",
        "send_flat",
        40,
        True,
        True,
        _AUTH
        | {1001: 25, 1002: 18, 1003: 45, 1004: 10, 1006: 6, 1008: 5, 1009: 14, 1010: 6, 1011: 6}
        | {2001: 4, 2005: 6, 2006: 12, 2007: 4, 2008: 6, 3003: 5, 4098: 14, 4099: 6}
        | {5001: 8, 5002: 5, 5003: 5, 5004: 7},
    ),
    Route(
        "v1",
        "POST",
        "/api/v1/chats",
        "standard",
        8,
        True,
        True,
        _AUTH | {1001: 20, 1003: 30, 1005: 40, 1006: 10, 1008: 12, 2006: 12, 4098: 8, 4099: 10},
    ),
    Route(
        "v1",
        "POST",
        "/api/v1/chats/{chat_id}/messages",
        "standard",
        16,
        True,
        False,
        _AUTH | {1002: 15, 1009: 15, 1012: 25, 2002: 40, 4098: 10, 4099: 15, 5001: 8, 5004: 8},
    ),
    Route(
        "v1",
        "GET",
        "/api/v1/chats/{chat_id}",
        "standard",
        9,
        False,
        False,
        _AUTH | {2002: 120, 1012: 20},
    ),
    Route(
        "v1",
        "GET",
        "/api/v1/messages/{message_id}",
        "standard",
        3,
        False,
        False,
        _AUTH | {2003: 150, 2011: 15},
    ),
    Route(
        "v1",
        "POST",
        "/api/v1/attachments",
        "standard",
        4,
        False,
        False,
        _AUTH | {1002: 30, 5002: 60, 5003: 70},
    ),
    Route("v1", "GET", "/api/v1/phone-numbers", "standard", 3, False, False, _AUTH | {2001: 20}),
    Route(
        "salesforce",
        "POST",
        "/api/salesforce/send",
        "ok_flag",
        6,
        True,
        False,
        _AUTH | {1003: 60, 1013: 80, 2010: 40, 2011: 60, 3003: 30},
    ),
    Route(
        "hubspot",
        "POST",
        "/api/hubspot/webhook",
        "hubspot_webhook",
        4,
        False,
        False,
        {2004: 40, 1004: 15, 1013: 120, 2010: 60, 2011: 50},
    ),
    Route(
        "hubspot",
        "POST",
        "/api/hubspot/workflow/send",
        "hubspot_workflow",
        4,
        True,
        False,
        {2013: 30, 1001: 60, 1003: 80, 1013: 100, 2008: 20, 2010: 40},
    ),
    Route(
        "slack",
        "POST",
        "/api/slack/commands",
        "standard",
        3,
        True,
        False,
        {2004: 30, 2013: 30, 1002: 80, 2010: 60, 1003: 60},
    ),
    Route("slack", "GET", "/api/slack/oauth/callback", "standard", 0.4, False, False, {2014: 900}),
)

# Failures that pass: any attempt may meet them, the next one need not. Per 10,000 attempts.
TRANSIENT = {3001: 14.0}
TRANSIENT_SENDING = {3002: 12.0, 3004: 14.0, 4001: 30.0}

# --- incidents ---------------------------------------------------------------------------------

DELIVERY_SERVICES = ("relay-a", "relay-b", "relay-c")


@dataclass(frozen=True, slots=True)
class Outage:
    """From `at` (share of the day) for `length` of it, a route or delivery service fails."""

    name: str
    at: float
    length: float
    share: float
    codes: tuple[int, ...]
    route: str | None = None
    delivery_service: str | None = None
    flapping: bool = False  # retryable comes out either way while it lasts


OUTAGES = (
    Outage("relay-b down", 0.43, 0.025, 0.75, (3002, 3002, 3004), delivery_service="relay-b"),
    Outage(
        "attachment store", 0.63, 0.02, 0.6, (3001,), route="/api/v1/attachments", flapping=True
    ),
    Outage("salesforce connector", 0.82, 0.012, 0.8, (3004,), route="/api/salesforce/send"),
)

# (route, code) -> what that route sends instead of the code's default.
OVERRIDES: dict[tuple[str, int], bool] = {
    ("/api/salesforce/send", 3004): False,
    ("/api/v1/chats/{chat_id}/messages", 4001): False,
    ("/api/v1/chats/{chat_id}", 1012): True,
}


@dataclass(frozen=True, slots=True)
class Burst:
    """A bulk job: one tenant sends `minutes` worth of its mean traffic within `length_s`."""

    at: float
    rank: int
    minutes: float
    length_s: float


# A burst has at least this many requests, so that a small day meets its rate limit too, but never
# more than this share of a tiny one.
BURST_FLOOR, BURST_FLOOR_SHARE = 60, 0.01
BURSTS = (Burst(0.3, 5, 4, 12), Burst(0.55, 1, 2, 15), Burst(0.71, 8, 6, 12), Burst(0.9, 3, 3, 15))

# Token bucket per tenant: this many times the mean request rate, at least a few a second.
LIMIT_FACTOR = 4.0
LIMIT_FLOOR_RPS = 2.0
LIMIT_BURST_S = 6.0

# --- servers -----------------------------------------------------------------------------------

HOSTS = ("chert-api-1", "chert-api-2", "chert-api-3", "chert-api-4")
OLD_VERSION, NEW_VERSION = "2026.11.3", "2026.11.4"
DEPLOY_AT = (0.45, 0.5, 0.502, 0.504)  # by host, share of the day; the first is the canary
HEARTBEAT_S = 300
MEDIAN_MS, SIGMA_MS, FAILING_FACTOR = 95.0, 0.55, 6.0

# --- what the logs lose, and what only one of them has -----------------------------------------

UNANSWERED_SHARE = 0.0003
UNCODED_SHARE = 0.0004
APP_LOST_SHARE = 0.0004
APP_LOST_SO_IS_OTLP_SHARE = 0.2
OTLP_BATCH_LOST_SHARE = 0.002
EDGE_ONLY_SHARE = 0.006
VIOLATION_SHARE = 0.012  # of errors
BODY_AS_STRING_SHARE = 0.004  # of errors
COLLISIONS = 6  # 8-hex ids shared by two Slack responses a day
DUPLICATE_TRACE_IDS = 3  # pairs a day
HEADERS_SHARE = 0.03
SAME_AGAIN_SHARE = 0.004  # a second, intended message with the same body
TWO_UPSTREAMS_SHARE = 0.01
