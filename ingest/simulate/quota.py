"""What makes the service refuse: the hourly quota behind 4002 and the token bucket behind 1007.

Owns the arithmetic of refusal only. A quota is a fixed window: every line gets its cap back at
the top of the hour, however many requests are waiting.
"""

from __future__ import annotations

import json

HOUR_US = 3_600_000_000
SECOND_US = 1_000_000


class HourlyQuota:
    """A tenant's sender lines and how many messages they have left this hour."""

    def __init__(self, lines: tuple[str, ...], wanted: float) -> None:
        self.cap = max(1, round(wanted / len(lines)))
        self.total = self.cap * len(lines)
        self._lines = lines
        self._hour = -1
        self._used = 0
        used = [{"line": line, "used": self.cap, "cap": self.cap} for line in lines]
        self.exhausted_json = json.dumps(used, separators=(",", ":"))

    def has_room(self, now: int) -> bool:
        hour = now // HOUR_US
        if hour != self._hour:
            self._hour = hour
            self._used = 0
        return self._used < self.total

    def take(self) -> str:
        """Use one message of the quota and name the line that carries it."""
        line = self._lines[self._used % len(self._lines)]
        self._used += 1
        return line


def seconds_to_next_hour(now: int) -> int:
    """Whole seconds a client must wait, rounded up so that obeying them is enough."""
    return (HOUR_US - now % HOUR_US) // SECOND_US + 1


class RateLimit:
    """A token bucket over all of a tenant's requests."""

    def __init__(self, per_second: float, burst_s: float) -> None:
        self.per_second = per_second
        self._size = per_second * burst_s
        self.tokens = self._size
        self._at = 0

    def allows(self, now: int) -> bool:
        filled = self.tokens + (now - self._at) * self.per_second / SECOND_US
        self._at = now
        if filled > self._size:
            filled = self._size
        if filled < 1.0:
            self.tokens = filled
            return False
        self.tokens = filled - 1.0
        return True
