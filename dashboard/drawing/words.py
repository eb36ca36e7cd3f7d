"""How numbers, times and flags are written. Owns the wording; reads and draws nothing."""

from datetime import datetime, timedelta
from functools import lru_cache

from chertlog.dashboard.drawing import clock

NONE = "–"
RETRYABLE = "↻ retryable"
FINAL = "✕ non-retryable"
UNSAID = "? not said"


def number(value: float | None) -> str:
    """A whole number with separators; – for none."""
    return NONE if value is None or value != value else f"{round(value):,}"


def count(value: float, noun: str) -> str:
    """1 response, 2,310 responses."""
    return f"{number(value)} {noun}{'' if value == 1 else 's'}"


def percent(ratio: float | None, digits: int = 2) -> str:
    """A ratio as a percentage; – for none. Only nothing reads as 0, and only all as 100."""
    if ratio is None or ratio != ratio:
        return NONE
    text = f"{ratio * 100:.{digits}f}"
    if ratio > 0 and float(text) == 0:
        return f"<{10**-digits:.{digits}f}%"
    if ratio < 1 and float(text) == 100:
        return f">{100 - 10**-digits:.{digits}f}%"
    return f"{text}%"


def change(now: float, before: float) -> str:
    """How a count changed: +12%, −3%, ×5.2; – if there was nothing to compare with."""
    if before == 0:
        return "new" if now else NONE
    factor = now / before
    if factor >= 3:
        return f"×{factor:,.1f}" if factor < 100 else f"×{factor:,.0f}"
    return signed(factor - 1, "%", 100, 0)


def signed(value: float, unit: str, scale: float = 1, digits: int = 2) -> str:
    """A difference with its sign (a real minus) and unit."""
    text = f"{abs(value) * scale:,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        return f"±{text}{unit}"
    return f"{'+' if value > 0 else '−'}{text}{unit}"


def mark(retryable: bool | None) -> str:
    """The retryable flag as sent: a sign and a word, so that no meaning rests on colour."""
    return UNSAID if retryable is None else RETRYABLE if retryable else FINAL


def marks(yes: int, no: int, unsaid: int) -> str:
    """The flags under one code: one mark, or the shares where they differ."""
    total = yes + no + unsaid
    for count, text in ((yes, RETRYABLE), (no, FINAL), (unsaid, UNSAID)):
        if count == total:
            return text
    parts = [(yes, "↻"), (no, "✕"), (unsaid, "?")]
    return " · ".join(f"{sign} {percent(count / total, 0)}" for count, sign in parts if count)


def zone() -> str:
    """What stands beside a time: UTC, unless the reader chose another zone."""
    return clock.name()


def day(at: datetime) -> str:
    """21 Nov 2026."""
    at = clock.local(at)
    return f"{at.day} {at:%b %Y}"


def minute(at: datetime) -> str:
    """21 Nov 23:59."""
    return _minute(clock.local(at))


def moment(at: datetime) -> str:
    """21 Nov 2026 23:59, where the year is not plain from what stands around."""
    return f"{day(at)} {hour_minute(at)}"


def second(at: datetime) -> str:
    """21 Nov 23:59:58."""
    at = clock.local(at)
    return f"{at.day} {at:%b %H:%M:%S}"


def hour_minute(at: datetime) -> str:
    """23:59."""
    return f"{clock.local(at):%H:%M}"


def hour_second(at: datetime) -> str:
    """23:59:58."""
    return f"{clock.local(at):%H:%M:%S}"


def span(start: datetime, end: datetime) -> str:
    """A stretch of time: 21 Nov 10:00–10:15, days only where they differ."""
    return _span(clock.local(start), clock.local(end))


# Every chart over the same period tells the same steps, and so does every reader's.
@lru_cache(maxsize=50_000)
def _span(start: datetime, end: datetime) -> str:
    if end - start >= timedelta(days=1) and not (start.hour or start.minute or end.hour):
        last = end - timedelta(days=1)
        first_day, last_day = (_minute(each)[:-6] for each in (start, last))
        return first_day if last == start else f"{first_day} – {last_day}"
    same_day = start.date() == (end - timedelta(microseconds=1)).date()
    return f"{_minute(start)}{f'–{end:%H:%M}' if same_day else f' – {_minute(end)}'}"


def _minute(at: datetime) -> str:
    return f"{at.day} {at:%b %H:%M}"


def step(length: timedelta) -> str:
    """What stands after "per": minute, 15 min, hour, 2 h, day."""
    one = {timedelta(minutes=1): "minute", timedelta(hours=1): "hour", timedelta(days=1): "day"}
    return one.get(length) or duration(length)


def duration(length: timedelta | float) -> str:
    """0.4 s, 31 s, 5 min, 2 h 10 min, 3 days."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"
    return f"{round(hours / 24)} days"
