"""Times as people write them, read as naive UTC. Owns what is no time, and the words for it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

# No log is older or newer, and arithmetic with any of these stays within the calendar.
EARLIEST, LATEST = datetime.fromisoformat("1970-01-01"), datetime.fromisoformat("2300-01-01")
_OF_THE_DAY = re.compile(r"\d{1,2}:\d\d(?::\d\d)?")


def moment_of(text: str, newest: Callable[[], datetime | None] | None = None) -> datetime:
    """A date or time, UTC unless it says otherwise. Raises ValueError, with words for its writer.

    With `newest`, which is asked only then, a time of the day alone is that of the newest data.
    """
    text = text.strip()
    if newest and _OF_THE_DAY.fullmatch(text):
        day = newest() or datetime.now(UTC)
        text = f"{day:%Y-%m-%d}T{text.rjust(8 if text.count(':') == 2 else 5, '0')}"
    try:
        found = datetime.fromisoformat(text)
        found = found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
        if EARLIEST <= found <= LATEST:
            return found
        raise ValueError
    except (ValueError, OverflowError):
        examples = ["2026-11-21", "2026-11-21T10:20", *(["10:20"] if newest else [])]
        raise ValueError(
            f"{text[:40]!r} is no time; for example {', '.join(examples)} or 2026-11-21T12:20+02:00"
        ) from None
