"""Errors of the writer, by exit code; the tree they hang in is `chertlog.queries.errors`.

ChertlogError
├── WrongUse     2  a path that does not exist, a bad option
└── CannotRun    3  locked, disk full, unreadable key; nothing changed
"""

from typing import ClassVar

from chertlog.queries.errors import ChertlogError

__all__ = ["CannotRun", "ChertlogError", "WrongUse"]


class WrongUse(ChertlogError):
    """The command was given something that cannot mean anything."""

    exit_code: ClassVar[int] = 2


class CannotRun(ChertlogError):
    """The machine or the data directory does not allow it; nothing was changed."""

    exit_code: ClassVar[int] = 3
