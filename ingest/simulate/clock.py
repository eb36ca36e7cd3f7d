"""Simulated time as text: the three logs' ways of writing a moment.

Times are microseconds since the epoch, UTC. Seconds are formatted once and remembered, because
neighbouring lines share them.
"""

from __future__ import annotations

from datetime import UTC, datetime

from chertlog.ingest.simulate.quota import HOUR_US, SECOND_US

REMEMBERED = 4000
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Clock:
    """Formats moments; keeps the last few thousand seconds ready."""

    def __init__(self) -> None:
        self._iso: dict[int, str] = {}
        self._clf: dict[int, str] = {}

    def iso(self, moment: int) -> str:
        """RFC 3339 with microseconds and Z."""
        second, rest = divmod(moment, SECOND_US)
        try:
            return f"{self._iso[second]}.{rest:06d}Z"
        except KeyError:
            if len(self._iso) > REMEMBERED:
                self._iso.clear()
            self._iso[second] = f"{_utc(second):%Y-%m-%dT%H:%M:%S}"
            return f"{self._iso[second]}.{rest:06d}Z"

    def clf(self, moment: int) -> str:
        """nginx's $time_local: whole seconds, month by its English name."""
        second = moment // SECOND_US
        try:
            return self._clf[second]
        except KeyError:
            if len(self._clf) > REMEMBERED:
                self._clf.clear()
            at = _utc(second)
            text = f"{at:%d}/{MONTHS[at.month - 1]}/{at:%Y:%H:%M:%S} +0000"
            self._clf[second] = text
            return text


def _utc(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def hour_name(moment: int) -> str:
    """The hour as application log files are named after it."""
    return f"{_utc(moment // HOUR_US * 3600):%Y-%m-%dT%H}"


def microseconds(moment: datetime) -> int:
    """Microseconds since the epoch; a naive time is taken as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    whole = aware.replace(microsecond=0)
    return int(whole.timestamp()) * SECOND_US + aware.microsecond
