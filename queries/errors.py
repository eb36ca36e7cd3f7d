"""The exception tree of chertlog, and the exit code each branch stands for.

    ChertlogError            3  could not run; nothing changed
    ├── NoDatabase           3  nothing has been published yet
    ├── SchemaTooOld         3  the database was written by an older chertlog
    ├── SchemaTooNew         3  the database was written by a newer chertlog
    ├── QueryLimit           3  a query went over its time, memory or size limit
    ├── BadQuery             2  SQL that is wrong, or refused
    └── BadDefinition        3  a packaged .sql or .csv file contradicts itself

Every error says what happened, where, why, and what to do next. Owns no formatting beyond one
plain text; the commands decide about colour.
"""

from typing import ClassVar


class ChertlogError(Exception):
    """What went wrong, where, why, and what to do next; any of the last three may be empty."""

    exit_code: ClassVar[int] = 3

    def __init__(self, what: str, *, where: str = "", why: str = "", next: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.next = next

    def __str__(self) -> str:
        first = f"{self.where}: {self.what}" if self.where else self.what
        return "\n".join(part for part in (first, self.why, self.next) if part)


class NoDatabase(ChertlogError):
    """Nothing has been published in the data directory."""


class SchemaTooOld(ChertlogError):
    """The database was written by an older chertlog than the one reading it."""


class SchemaTooNew(ChertlogError):
    """The database was written by a newer chertlog than the one reading it."""


class QueryLimit(ChertlogError):
    """A query went over its time, memory or size limit."""


class BadQuery(ChertlogError):
    """SQL that DuckDB does not understand, or that is not allowed here."""

    exit_code: ClassVar[int] = 2


class BadDefinition(ChertlogError):
    """A packaged .sql or .csv file contradicts itself: a fault of chertlog, not of the data."""
