"""The command `find`: responses by what a customer remembers.

Owns its arguments and words; the question is `finding`'s business.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from chertlog.queries.cli_errors import NotFound, friendly, note
from chertlog.queries.cli_options import DataDir, data_dir_in_force
from chertlog.queries.cli_times import length, moment

if TYPE_CHECKING:
    from chertlog.queries.database import Connection

FOREVER = timedelta(days=100_000)


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
        folder = data_dir_in_force(data_dir)
        with connect(folder) as db:
            wanted = Wanted(
                tenant=tenant,
                recipient=recipient or None,
                code=code,
                errors=errors,
                around=moment(around, "--around", lambda: _newest(db)) if around else None,
                within=length(within, "--within") or FOREVER,
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


def _newest(db: "Connection") -> datetime | None:
    found: datetime | None = db.rows("select newest_event_at as at from freshness")[0]["at"]
    return found
