"""Times and lengths of time as people write them in options.

Owns what a command says of those that are none. How a length is spelled is the report's `--since`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import typer

from chertlog.queries.moments import moment_of


def moment(text: str, option: str, newest: Callable[[], datetime | None] | None = None) -> datetime:
    """A date or time, as `moments.moment_of` reads it."""
    try:
        return moment_of(text, newest)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def length(text: str, option: str) -> timedelta | None:
    """A length of time (90s, 15m, 2h, 1d, 1w); None for `all`."""
    from chertlog.queries.report import parse_since

    try:
        return parse_since(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
