"""How a command fails: what, where, why and what next on stderr, and the exit code.

Owns the one place where an exception becomes words for the user. `friendly` is wrapped around
the body of every command; no traceback passes it unless CHERTLOG_DEBUG is set.
"""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, TextIO

import typer

from chertlog.queries.clean_text import clean
from chertlog.queries.errors import ChertlogError

INTERRUPTED = 130
COULD_NOT_RUN = 3


class NotFound(ChertlogError):
    """What was asked for is not in the data: done, but a person must look."""

    exit_code: ClassVar[int] = 1


@contextmanager
def friendly() -> Iterator[None]:
    """Turn whatever goes wrong inside into words on stderr and an exit code (SystemExit)."""
    try:
        yield
        # Here, not at exit: a reader that went away must find somebody who handles it.
        sys.stdout.flush()
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise  # typer's own way to end
    except ChertlogError as error:
        _debug()
        explain(error)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        note("Interrupted.")
        raise SystemExit(INTERRUPTED) from None
    except BrokenPipeError:
        _drop(sys.stdout)
        raise SystemExit(0) from None
    except Exception as error:
        _debug()
        explain(unexpected(error))
        raise SystemExit(COULD_NOT_RUN) from None


def unexpected(error: Exception) -> ChertlogError:
    """The one sentence for what nobody foresaw."""
    if isinstance(error, OSError) and error.strerror:
        return ChertlogError(error.strerror, where=str(error.filename or ""))
    if isinstance(error, MemoryError):
        return ChertlogError("there is not enough memory")
    name = type(error).__name__
    return ChertlogError(
        f"something went wrong that should not: {name}: {error}" if str(error) else name,
        next="" if os.environ.get("CHERTLOG_DEBUG") else "With CHERTLOG_DEBUG=1 it says where.",
    )


def explain(error: ChertlogError, file: TextIO | None = None) -> None:
    """Write an error as: what, then where, why and next, as far as they are known."""
    file = file or sys.stderr
    red, dim, plain = ("\x1b[1;31m", "\x1b[2m", "\x1b[0m") if _is_colourful(file) else ("", "", "")
    lines = [f"{red}chertlog:{plain} {clean(error.what)}"]
    for label, text in (("where", error.where), ("why", error.why), ("next", error.next)):
        if text:
            indented = clean(text).strip().replace("\n", "\n         ")
            lines.append(f"  {dim}{label:<5}{plain}  {indented}")
    file.write("\n".join(lines) + "\n")


def note(text: str) -> None:
    """A remark beside the result: on stderr, so that stdout stays the result alone."""
    sys.stderr.write(clean(text) + "\n")


def _is_colourful(file: TextIO) -> bool:
    return file.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _debug() -> None:
    if os.environ.get("CHERTLOG_DEBUG"):
        traceback.print_exc()


def _drop(stream: TextIO) -> None:
    # What is still buffered would be written, and complained about, when Python ends.
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        return
