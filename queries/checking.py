"""Runs the packaged data checks: selects that must return nothing.

Owns the running and what a failure is; the checks themselves are `checks/*.sql`, one a file, whose
header says what holds and what to do when it does not. Alert rules are not data checks.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chertlog.queries.errors import BadDefinition
from chertlog.queries.sql_files import read_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_EXAMPLES = 20


@dataclass(frozen=True)
class Failure:
    """A check that returned rows: what should hold, what to do, and the first offending rows."""

    check: str
    meaning: str
    next: str
    columns: tuple[str, ...]
    examples: tuple[tuple[Any, ...], ...]
    more: bool

    def __str__(self) -> str:
        shown = [
            ", ".join(f"{c} = {v}" for c, v in zip(self.columns, row, strict=True))
            for row in self.examples
        ]
        more = [f"… and more than {len(shown)} such rows"] if self.more else []
        return "\n  ".join([f"{self.check}: not so: {self.meaning}", *shown, *more, self.next])


def run_checks(con: "DuckDBPyConnection") -> list[Failure]:
    """Run every check on the current database; an empty list means that all of them hold.

    A failure carries at most 20 example rows; a check that cannot
    run has failed. The views must have been applied.
    """
    failures = []
    for check in read_folder("checks"):
        if "Next" not in check.tags:
            raise BadDefinition("the header has no line `Next: what to do`", where=check.where)
        columns, rows = _offending(con, check.body)
        if rows:
            failures.append(
                Failure(
                    check=check.name,
                    meaning=check.text,
                    next=check.tags["Next"],
                    columns=columns,
                    examples=tuple(rows[:_EXAMPLES]),
                    more=len(rows) > _EXAMPLES,
                )
            )
    return failures


def _offending(con: "DuckDBPyConnection", body: str) -> tuple[tuple[str, ...], list[Any]]:
    import duckdb

    try:
        result = con.execute(body)
        rows = result.fetchmany(_EXAMPLES + 1)
        return tuple(str(column[0]) for column in result.description or ()), rows
    except duckdb.Error as error:
        # Data so wrong that the question itself fails must not hide what the other checks find.
        return ("error",), [(str(error).partition("\n")[0],)]
