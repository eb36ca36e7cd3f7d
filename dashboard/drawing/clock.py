"""The zone in which times are written: UTC, or the reader's own on request.

All times are kept, asked, compared and exported in UTC, as naive values; only what is written on
the page or drawn on an axis goes through here. The zone belongs to one run of the script, which
has a thread of its own: hence a context variable.
"""

from contextvars import ContextVar
from datetime import UTC as UTC_ZONE
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pandas as pd

UTC = "UTC"
_zone = ContextVar("zone", default=UTC)


def use(zone: str) -> None:
    """Write times in this zone until the end of this run; one that is not known is UTC."""
    _zone.set(zone if is_known(zone) else UTC)


def is_known(zone: str | None) -> bool:
    """Whether this is the name of a zone, as Europe/Berlin is."""
    return zone in _zones()


@cache
def _zones() -> set[str]:
    """All zones there are: looking for them walks a folder of hundreds of files."""
    return available_timezones()


def name() -> str:
    """What stands beside a time: UTC, Berlin time."""
    zone = _zone.get()
    return UTC if zone == UTC else f"{zone.rpartition('/')[2].replace('_', ' ')} time"


def local(at: datetime) -> datetime:
    """A naive time of UTC as the clock on the reader's wall showed it."""
    zone = _zone.get()
    if zone == UTC:
        return at
    return at.replace(tzinfo=UTC_ZONE).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def instant(at: datetime) -> str:
    """A place on a time axis. Charts draw in UTC, so this is the wall's time called UTC."""
    return local(at).isoformat() + "Z"


def instants(times: "pd.Series | pd.DatetimeIndex") -> pd.DatetimeIndex:
    """As `instant`, of many."""
    zone, utc = _zone.get(), pd.DatetimeIndex(times).tz_localize(UTC)
    return utc if zone == UTC else utc.tz_convert(zone).tz_localize(None).tz_localize(UTC)
