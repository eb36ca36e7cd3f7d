"""The command `find`: responses by what a customer remembers.

Owns its arguments and words; the question is `finding`'s business.
"""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chertlog.queries.cli_errors import NotFound, friendly, note
from chertlog.queries.cli_options import DataDir, find_data_dir

if TYPE_CHECKING:
    from chertlog.queries.database import Connection

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def find(
    tenant: Annotated[str | None, typer.Option(help="The tenant_id.")] = None,
    recipient: Annotated[
        str | None,
        typer.Option(metavar="NUMBER", help="Phone number or address; - reads it from stdin."),
    ] = None,
    code: Annotated[int | None, typer.Option(help="The error code.")] = None,
    errors: Annotated[bool, typer.Option("--errors", help="Errors only.")] = False,
    around: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="About when, UTC unless it says: 2026-11-21T10:20, or 10:20."
        ),
    ] = None,
    within: Annotated[str, typer.Option(help="How far from that time: 90s, 15m, 2h, 1d.")] = "15m",
    data_dir: DataDir = None,
) -> None:
    """Find responses when nobody has a trace_id.

    A time of day alone is that of the newest data. A number is looked up by its pseudonym, and it
    is recorded that one was.

    \b
    Example:
      chertlog find --tenant tenant-06 --around 04:20 --errors
      chertlog find --recipient '+1 202 555 0143' --code 4002
    """
    with friendly():
        from chertlog.queries.database import connect
        from chertlog.queries.finding import MOST, Wanted
        from chertlog.queries.finding import find as find_responses
        from chertlog.queries.tables import draw_rows, say

        if recipient == "-":
            recipient = typer.get_text_stream("stdin").readline().strip()
        if not tenant and not recipient:
            raise typer.BadParameter("name a --tenant, a --recipient, or both")
        folder = find_data_dir(data_dir) or Path(
            os.environ.get("CHERTLOG_DATA_DIR") or "chertlog-data"
        )
        with connect(folder) as db:
            wanted = Wanted(
                tenant=tenant,
                recipient=recipient or None,
                code=code,
                errors=errors,
                around=_moment(around, db) if around else None,
                within=_length(within),
            )
            rows = find_responses(db, folder, wanted, door="chertlog find")
        if not rows:
            raise NotFound(
                "no such response",
                why=f"looked within {within} of {wanted.around:%Y-%m-%d %H:%M} UTC"
                if wanted.around
                else "",
                next="widen --within, or leave an option out",
            )
        say(draw_rows(list(rows[0]), [tuple(row.values()) for row in rows]))
        more = (
            f"the {MOST} nearest; there may be more" if len(rows) == MOST else f"{len(rows)} found"
        )
        note(f"{more}. The story of one: chertlog trace {rows[0]['trace_id'] or 'TRACE_ID'}")


def _moment(text: str, db: "Connection") -> datetime:
    """A time as people write it, as naive UTC."""
    if re.fullmatch(r"\d{1,2}:\d\d(:\d\d)?", text.strip()):
        newest = db.rows("select newest_event_at as at from freshness")[0]["at"]
        day = newest or datetime.now(UTC).replace(tzinfo=None)
        text = f"{day:%Y-%m-%d}T{text.strip():0>5}"
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no time; for example 2026-11-21T10:20, 2026-11-21T12:20+02:00 or 10:20"
        ) from None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _length(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,6})([smhd])", text.strip())
    if not match:
        raise typer.BadParameter(f"{text!r} is no length of time; for example 90s, 15m, 2h or 1d")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])
