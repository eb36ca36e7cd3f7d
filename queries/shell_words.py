"""What the shell of `chertlog sql` completes: views, macros, columns, saved queries, commands.

Owns which of them are offered where. They are read from the published file, and again when a new
generation is published.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from chertlog.queries.database import connect
from chertlog.queries.errors import ChertlogError
from chertlog.queries.published import published_database
from chertlog.queries.relations import columns, relations
from chertlog.queries.saved_queries import saved_queries
from chertlog.queries.shell import COMMANDS, FORMATS

_WORD = re.compile(r"[\\@]?\w*$")
_NAMES = re.compile(r"\w+")
_KEYWORDS = _NAMES.findall(
    "all and as asc between by case cast count count_if desc distinct else end exists explain "
    "false filter from group having in inner interval is join left like limit max median min not "
    "null on or order over partition qualify quantile_cont select sum then timestamp true union "
    "using when where with"
)


class Words(Completer):
    """Offers what fits the word before the cursor."""

    def __init__(self, data_dir: Path | None) -> None:
        self._data_dir = data_dir
        self._of: Path | None = None
        self._relations: dict[str, tuple[str, str]] = {}  # kind and grain
        self._columns: dict[str, list[tuple[str, str]]] = {}  # name and type, by view

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        before = document.text_before_cursor
        match = _WORD.search(before)
        word = match[0] if match else ""
        for text, meta in self._fitting(before[: len(before) - len(word)], word, document.text):
            yield Completion(text, -len(word), display_meta=meta)

    def _fitting(self, before: str, word: str, whole: str) -> Iterator[tuple[str, str]]:
        start, low = before.strip(), word.lower()
        if word.startswith("\\") and not start:
            yield from _that_begin(COMMANDS.items(), low)
        elif start == r"\format":
            yield from _that_begin(((name, "") for name in FORMATS), low)
        elif word.startswith("@") and not start:
            saved = saved_queries(self._data_dir).values()
            yield from _that_begin(((f"@{each.name}", each.title) for each in saved), low)
        elif start.startswith("@"):
            named = saved_queries(self._data_dir).get(start[1:].split()[0])
            given = named.parameters.items() if named else ()
            yield from _that_begin(((f"{key}=", f"else {value}") for key, value in given), low)
        else:
            yield from self._of_sql(before, low, whole)

    def _of_sql(self, before: str, low: str, whole: str) -> Iterator[tuple[str, str]]:
        self._read()
        mentioned = [name for name in _NAMES.findall(whole.lower()) if name in self._relations]
        found: dict[str, str] = {}
        for view in dict.fromkeys(mentioned):
            for name, type_ in self._columns_of(view):
                found.setdefault(name, f"{type_}, {view}")
        yield from _that_begin(found.items(), low)
        if before.endswith("."):
            return  # a column of something
        described = before.strip() == r"\d"
        for name, (kind, grain) in self._relations.items():
            call = "(" if kind != "view" and not described else ""
            yield from _that_begin([(f"{name}{call}", grain)], low)
        if not described:
            yield from _that_begin(((each, "") for each in _KEYWORDS), low)

    def _columns_of(self, view: str) -> list[tuple[str, str]]:
        if view not in self._columns:
            try:
                with connect(self._data_dir) as db:
                    self._columns[view] = [(name, type_) for name, type_, _ in columns(db, view)]
            except ChertlogError:
                return []
        return self._columns[view]

    def _read(self) -> None:
        """Look what there is, once a generation; without one, there is nothing to complete."""
        try:
            path = published_database(self._data_dir)
            if path == self._of:
                return
            with connect(self._data_dir) as db:
                found = relations(db)
        except ChertlogError:
            return
        self._of, self._columns = path, {}
        self._relations = {each.name: (each.kind, each.grain or each.text) for each in found}


def _that_begin(offers: Iterable[tuple[str, str]], beginning: str) -> Iterator[tuple[str, str]]:
    return ((text, meta) for text, meta in offers if text.lower().startswith(beginning))
