"""How clients behave after an error: which manner retries what, and when.

Owns the decision to try again and the wait before it; nothing about why the server refused.
Waits count from the moment the answer was sent.
"""

from __future__ import annotations

from random import Random

from chertlog.ingest.simulate.model import Operation
from chertlog.ingest.simulate.quota import HOUR_US, SECOND_US

BACK_OFF_S = (1.0, 2.0, 4.0)
COMPLIANT_ATTEMPTS = 4
TIGHT_ATTEMPTS = 9
STUBBORN_ATTEMPTS = 5
HERD_ATTEMPTS = 6
HERD_SPREAD_S = 3.0
# A compliant client spreads a long wait by up to this share of it, and never past this many s.
SPREAD_SHARE, SPREAD_MAX_S = 0.25, 240.0

# Manners that attach an idempotency key where the route takes one.
SENDS_KEY = frozenset({"compliant", "top_of_hour", "tight_loop", "mints_keys"})

MANNERS: dict[str, str] = {
    "compliant": "waits retry_after, else 1-2-4 s with jitter; stops at a final error",
    "no_key": "waits like compliant, but never sends an idempotency key",
    "mints_keys": "waits like compliant, but sends a new key with every attempt",
    "tight_loop": "hammers at up to a second whatever it was told",
    "top_of_hour": "waits for the full hour after a 4002, together with everybody else",
    "retries_everything": "also repeats final errors",
    "never_retries": "gives up at once",
    "platform": "HubSpot and Slack call once and never repeat",
}


def _politely(operation: Operation, rng: Random) -> float | None:
    if operation.attempt >= COMPLIANT_ATTEMPTS:
        return None
    told = operation.told_to_wait_s
    if told is not None:
        return told + 0.05 + rng.random() * min(SPREAD_MAX_S, 1.0 + told * SPREAD_SHARE)
    step = BACK_OFF_S[min(operation.attempt, len(BACK_OFF_S)) - 1]
    return step * (0.8 + 0.4 * rng.random())


def retry_at(operation: Operation, rng: Random) -> int | None:
    """When the client sends the next attempt after the error it just got; None if never."""
    manner = operation.caller.manner
    wait: float | None
    if manner in ("never_retries", "platform"):
        return None
    if manner == "retries_everything":
        # Blind to `retryable` and to `retry_after`: a fixed doubling wait.
        if operation.attempt >= STUBBORN_ATTEMPTS:
            return None
        wait = 2.0**operation.attempt * (0.9 + 0.2 * rng.random())
    elif operation.last_retryable is False:
        return None
    elif manner == "tight_loop":
        if operation.attempt >= TIGHT_ATTEMPTS:
            return None
        wait = 0.15 + 0.85 * rng.random()
    elif manner == "top_of_hour" and operation.last_code == 4002:
        if operation.attempt >= HERD_ATTEMPTS:
            return None
        hour = operation.last_sent // HOUR_US + 1
        return hour * HOUR_US + int(rng.random() * HERD_SPREAD_S * SECOND_US)
    else:
        wait = _politely(operation, rng)
        if wait is None:
            return None
    return operation.last_sent + int(wait * SECOND_US)
