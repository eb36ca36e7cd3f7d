"""The shell of `chertlog sql`: question after question, without starting anew.

Owns its commands, when a question is complete, its history and its pages. Each question runs as
`chertlog sql` would run it, in a process of its own; the shell itself reads only what there is to
complete. What is offered for completion is `shell_words`' business.
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from chertlog.queries.cli_errors import explain, note
from chertlog.queries.errors import BadQuery, ChertlogError

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import History

    from chertlog.queries.results import Result

HELP = r"""Type a SELECT and end it with ; – it may take several lines. The name of a view shows it.

  \d              what can be asked          \d NAME     the columns of a view
  \saved          the saved queries          @NAME KEY=VALUE …   run one
  \format NAME    table, csv or json         \q          leave (also Ctrl-D)

Tab completes views, columns, macros and saved queries; the arrows bring back what was asked.
Ctrl-C drops the line, or stops the query. Nothing can be changed from here."""
COMMANDS = {
    r"\d": "what can be asked",
    r"\saved": "the saved queries",
    r"\format": "table, csv or json",
    r"\help": "what there is",
    r"\q": "leave",
}
FORMATS = ("table", "csv", "json")
HISTORY = "sql_history"

Ask = Callable[[str], "Result"]
Show = Callable[["Result", str], str]  # a result in a format, as text
Describe = Callable[[str | None], str]  # a view, or the list of them


class Shell:
    """What each line does. `ask` runs SQL; nothing is written but to stdout and stderr."""

    def __init__(self, data_dir: Path | None, ask: Ask, show: Show, describe: Describe) -> None:
        self._data_dir, self._ask, self._show, self._describe = data_dir, ask, show, describe
        self.format = "table"

    def run(self, session: "PromptSession[str]") -> None:
        """Take lines until the end. What goes wrong with one is said, and the next is taken."""
        while True:
            try:
                line = session.prompt()
            except KeyboardInterrupt:
                continue  # the line is dropped, not the shell
            except EOFError:
                return
            try:
                if not self.take(line):
                    return
            except KeyboardInterrupt:
                note("Interrupted.")
            except ChertlogError as error:
                explain(error)

    def take(self, line: str) -> bool:
        """Do what a line says; False if it says to leave. Raises ChertlogError."""
        text = line.strip().rstrip(";").strip()
        name, _, rest = text.partition(" ")
        rest = rest.strip()
        if not text:
            return True
        if text in ("help", "?", r"\?", r"\h", r"\help"):
            page(HELP + "\n")
        elif text in (r"\q", "exit", "quit"):
            return False
        elif name == r"\d":
            page(self._describe(rest or None))
        elif name == r"\saved":
            page(self._list_saved())
        elif name == r"\format":
            self._set_format(rest)
        elif text.startswith("\\"):
            raise BadQuery(f"there is no command {name}", next=r"\help says what there is")
        else:
            self._answer(self._saved(text[1:]) if text.startswith("@") else text)
        return True

    def _answer(self, sql: str) -> None:
        result = self._ask(sql)
        page(self._show(result, self.format))
        count = result.table.num_rows
        rows = f"{count:,} row{'' if count == 1 else 's'}"
        note(f"the first {rows}; there are more" if result.truncated else rows)

    def _saved(self, text: str) -> str:
        from chertlog.queries.saved_queries import find_saved

        try:
            name, *given = shlex.split(text) or [""]
        except ValueError as error:
            raise BadQuery("the quotes do not match", why=str(error)) from None
        values = {}
        for each in given:
            key, equals, value = each.partition("=")
            if not equals:
                raise BadQuery(f"{each!r} is no parameter", next="write @NAME KEY=VALUE")
            values[key] = value
        return find_saved(name, self._data_dir).filled(values)

    def _list_saved(self) -> str:
        from chertlog.queries.saved_queries import saved_queries
        from chertlog.queries.tables import draw_rows

        rows = [
            (f"@{each.name}", each.title, " ".join(f"{k}={v}" for k, v in each.parameters.items()))
            for each in saved_queries(self._data_dir).values()
        ]
        return draw_rows(["query", "question", "with"], rows)

    def _set_format(self, name: str) -> None:
        if name not in FORMATS:
            raise BadQuery(f"{name or 'that'} is no format", next=f"one of: {', '.join(FORMATS)}")
        self.format = name


def is_complete(text: str) -> bool:
    """Whether Enter ends a question, or only its line."""
    text = text.strip()
    return (
        not text
        or text.endswith(";")
        or text[0] in "\\@?"
        or len(text.split()) == 1  # the name of a view, help, quit
    )


def session(data_dir: Path | None, history: "History | None" = None) -> "PromptSession[str]":
    """Where lines come from: the terminal, with completion and history."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.application import get_app
    from prompt_toolkit.filters import Condition

    from chertlog.queries.shell_words import Words

    return PromptSession(
        "chertlog> ",
        completer=Words(data_dir),
        complete_while_typing=False,
        history=history or own_history(),
        multiline=Condition(lambda: not is_complete(get_app().current_buffer.text)),
        prompt_continuation=lambda width, *_: "... ".rjust(width),
        enable_history_search=True,
    )


def own_history() -> "History":
    """What this account asked before, for its eyes only; in memory where it has no home."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    path = Path(base).expanduser() / "chertlog" / HISTORY
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        path.chmod(0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))


def page(text: str) -> None:
    """Write to stdout, through a pager where the terminal is too low for it."""
    height = shutil.get_terminal_size((100, 24)).lines
    if sys.stdout.isatty() and text.count("\n") >= height:
        command = shlex.split(os.environ.get("PAGER") or "less -RFXS")
        with suppress(OSError, IndexError):  # there is none: all at once, then
            sys.stdout.flush()
            # Ctrl-C is the pager's while it runs.
            with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as pager:
                with suppress(BrokenPipeError, KeyboardInterrupt):
                    pager.communicate(text)
                return
    sys.stdout.write(text)
    sys.stdout.flush()
