"""Which stretch of time is looked at, and into how many steps it is cut.

A preset counts back from the newest data, not from now: logs arrive in batches. Its end is that
moment rounded up to a full step, so that all steps are of one length and begin at round times.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

PRESETS = {
    "1h": (timedelta(hours=1), timedelta(minutes=1)),
    "6h": (timedelta(hours=6), timedelta(minutes=5)),
    "24h": (timedelta(hours=24), timedelta(minutes=15)),
    "7d": (timedelta(days=7), timedelta(hours=2)),
}
ALL = "all"
CUSTOM = "custom"
DEFAULT = "24h"
NAMES = (*PRESETS, ALL, CUSTOM)

_STEPS = [
    *(timedelta(minutes=n) for n in (1, 5, 15, 30)),
    *(timedelta(hours=n) for n in (1, 2, 6, 12)),
    *(timedelta(days=n) for n in (1, 7, 28, 91, 364)),
]
_MOST_STEPS = 120
_EPOCH = datetime(1970, 1, 5)  # noqa: DTZ001 - all times are naive UTC; a Monday, for weekly steps


@dataclass(frozen=True)
class Period:
    """From `start` up to but not including `end`, in steps of `step`; naive UTC."""

    start: datetime
    end: datetime
    step: timedelta

    @property
    def before(self) -> "Period":
        """The period of the same length just before this one."""
        return Period(self.start - (self.end - self.start), self.start, self.step)

    @property
    def coarser(self) -> "Period":
        """The same period in steps four times as long, for small charts of few responses."""
        return Period(self.start, self.end, self.step * 4)


def choose(name: str, first_at: datetime, last_at: datetime) -> Period:
    """The period that a preset means for data from `first_at` to `last_at`."""
    if name in PRESETS:
        length, step = PRESETS[name]
        end = _round_up(last_at, step)
        return Period(end - length, end, step)
    step = _fitting(last_at - first_at)
    return Period(_round_down(first_at, step), _round_up(last_at, step), step)


def between(start: datetime | None, end: datetime | None, last_at: datetime) -> Period:
    """The period that somebody asked for, widened to full steps.

    Without an end it reaches to the newest data, without a start it begins a day before its end.
    """
    until = end or last_at
    since = start or until - PRESETS[DEFAULT][0]
    since, until = sorted((since, until))
    step = _fitting(until - since)
    first = _round_down(since, step)
    full = _round_down(until, step)
    last = full if full == until and full > first else _round_up(until, step)
    return Period(first, last, step)


def _fitting(length: timedelta) -> timedelta:
    return next((s for s in _STEPS if length / s <= _MOST_STEPS), _STEPS[-1])


def _round_down(at: datetime, step: timedelta) -> datetime:
    return at - (at - _EPOCH) % step


def _round_up(at: datetime, step: timedelta) -> datetime:
    """The first full step after `at`: the end is exclusive, and `at` itself must be inside."""
    return _round_down(at, step) + step
