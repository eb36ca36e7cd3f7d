"""Times and lengths of time as people write them in options.

Owns what a command says of those that are none. How a length is spelled is the report's `--since`.
"""

from datetime import UTC, datetime, timedelta

import typer


def moment(text: str, option: str) -> datetime:
    """A date or time as naive UTC, which it is unless it says otherwise."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no time; for example 2026-11-21, 2026-11-21T10:20 or "
            "2026-11-21T12:20+02:00",
            param_hint=option,
        ) from None
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def length(text: str, option: str) -> timedelta | None:
    """A length of time (90s, 15m, 2h, 1d, 1w); None for `all`."""
    from chertlog.queries.report import parse_since

    try:
        return parse_since(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
