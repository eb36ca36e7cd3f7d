"""Messages that a wrapper cut into parts, put together again.

Owns: joining, column by column, over the borders of pieces of a file, and what is done with a
message that has no end or grows too long. Which parts belong together says the wrapper: those of
one stream, up to the first that is marked as no part.

Nothing here depends on where pieces of a file begin and end, or two loads would not make what one
does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chertlog.ingest.blocks import MAX_LINE_BYTES, SHOWN_OF_LONG_LINE, as_array

# A part after so many lines more belongs to no message before it: whoever wrote that one died. So
# a stream that fell silent cannot hold up the others for ever.
MAX_GAP = 1000


class Tail(NamedTuple):
    """Where the end of a file begins that has to be read again when the file has grown."""

    byte_offset: int
    lines: int  # before it


def before_all(tail: Tail, messages: pa.Table) -> Tail:
    """A tail that cuts no message in two: an inner layer joins what an outer one had in parts."""
    begins, ends = messages["line_number"].to_numpy(), messages["ends_at"].to_numpy()
    while (cut := np.flatnonzero((begins <= tail.lines) & (ends > tail.lines))).size:
        first = int(cut[np.argmin(begins[cut])])
        tail = Tail(messages["byte_offset"][first].as_py(), int(begins[first]) - 1)
    return tail


class Layout:
    """How documents are laid out over lines: with an indentation of their first and last lines, or,
    with None, in no way that tells where one ends."""

    def __init__(self, indent: str | None) -> None:
        self._indent = indent

    def with_open(self, parts: pa.Table) -> pa.Table:
        """The same lines, `part` where a document is open at the end of one."""
        if not parts.num_rows:
            return parts
        return _with_open_braces(parts) if self._indent is None else self._indented(parts)

    def _indented(self, parts: pa.Table) -> pa.Table:
        """A first line always begins a document: one that was cut before it takes nothing along."""
        first, last = rf"^{self._indent}\{{", rf"^{self._indent}(?:\{{.*)?\}}\s*[,\]]?\s*$"
        ends = _found(parts, last)
        begins = _found(parts, first) & ~ends
        at = np.arange(len(ends))
        begun, ended = (np.maximum.accumulate(np.where(m, at, -1)) for m in (begins, ends))
        goes_on = begun > ended
        goes_on[:-1] &= ~begins[1:]
        return _with(parts, "part", as_bools(goes_on))


class Joiner:
    """Joins the parts of messages of one wrapper, piece by piece of a file.

    Whole messages come out in the order of their first lines, up to where an open one begins.
    """

    def __init__(
        self, glue: str, *, row: str | None = None, document: Layout | None = None
    ) -> None:
        """`row`: parts are lines of rows with values in quotes, this is one that is complete.
        `document`: they are lines of documents, laid out so.
        """
        self._glue, self._row, self._document = glue, row, document
        self._held: pa.Table | None = None

    def take(self, parts: pa.Table, seen: int) -> tuple[pa.Table, int]:
        """Return messages that are whole, and up to which line; `seen` is the last line so far."""
        if self._held is None and not self._has_parts(parts):
            return self._bare(parts), seen
        messages = self._joined(parts)
        if not self._document:
            late = pc.less(messages["ends_at"], seen - MAX_GAP)
            messages = _given_up(messages, pc.and_(messages["part"], late))
        border = _border(messages, messages["part"].to_numpy())
        whole, rest = messages.slice(0, border), messages.slice(border)
        self._held = rest if rest.num_rows else None
        return self._bare(whole), rest["line_number"][0].as_py() - 1 if rest.num_rows else seen

    def end(
        self, parts: pa.Table | None, cut_line: int | None
    ) -> tuple[pa.Table | None, Tail | None]:
        """Return all that is left, and where in it a message may go on when the file grows.

        `cut_line` is the number of a last line that has no newline yet.
        """
        if parts is None and self._held is None:
            return None, None
        messages = self._joined(parts)
        is_open = messages["part"].to_numpy()
        if cut_line is not None:
            is_open = is_open | (messages["ends_at"].to_numpy() == cut_line)
        border = _border(messages, is_open)
        tail = None
        if border < messages.num_rows:
            offset, line = (messages[n][border].as_py() for n in ("byte_offset", "line_number"))
            tail = Tail(offset, line - 1)
        messages = messages if self._document else _given_up(messages, messages["part"])
        return self._bare(messages), tail

    def _joined(self, parts: pa.Table | None) -> pa.Table:
        given = [part for part in (self._held, parts) if part is not None]
        self._held = None
        table = pa.concat_tables(given)
        if self._row:
            table = _with_open_quotes(table, self._row)
        if self._document:
            table = self._document.with_open(table)
        return _joined(table, self._glue, is_document=self._document is not None)

    def _has_parts(self, parts: pa.Table) -> bool:
        if self._row:
            return bool((_quotes(parts) % 2).any())
        return self._document is not None or bool(pc.any(parts["part"]).as_py())

    def _bare(self, messages: pa.Table) -> pa.Table:
        return _bare(messages) if self._document else messages


def _joined(parts: pa.Table, glue: str, *, is_document: bool) -> pa.Table:
    """The messages, in order of their first lines; `part` says which are still open."""
    if not parts.num_rows:
        return parts
    keys = ("stream", "line_number", "record_number")
    order = pc.sort_indices(parts, [(key, "ascending") for key in keys])
    parts = parts.take(order).combine_chunks()
    goes_on = parts["part"].to_numpy()
    begins, ends = parts["line_number"].to_numpy(), parts["ends_at"].to_numpy()
    streams = parts["stream"]
    same = pc.equal(streams[1:], streams[:-1]).to_numpy()
    if not is_document:
        goes_on = goes_on.copy()
        broken = goes_on[:-1] & same & (begins[1:] - ends[:-1] > MAX_GAP)
        goes_on[:-1] &= ~broken
        parts = _given_up(parts, as_bools(np.append(broken, False)))
    starts = np.flatnonzero(np.append(True, ~(goes_on[:-1] & same)))
    lasts = np.append(starts[1:], len(goes_on)) - 1
    if is_document:
        starts, lasts = _without_separators(parts["line"], starts, lasts)
        if not len(starts):
            return parts.slice(0, 0)
    # Lists from `starts` to `lasts`: between them may be separators, which are in none.
    texts = parts["line"].combine_chunks()
    if is_document:
        inside = np.zeros(len(goes_on) + 1, dtype=np.int64)
        inside[starts] += 1
        inside[lasts + 1] -= 1
        kept = np.flatnonzero(np.cumsum(inside[:-1]))
        texts = texts.take(as_array(kept))
        bounds = np.append(0, np.cumsum(lasts - starts + 1))
    else:
        bounds = np.append(starts, len(goes_on))
    lines = pa.ListArray.from_arrays(as_array(bounds.astype(np.int32)), texts)
    messages = parts.take(as_array(starts.astype(np.int64)))
    messages = _with(messages, "line", pc.binary_join(lines, glue))
    messages = _with(messages, "flaw", _first_flaws(parts["flaw"], starts, lasts))
    messages = _with(messages, "part", as_bools(goes_on[lasts]))
    messages = _with(messages, "ends_at", as_array(ends[lasts]))
    if parts["unfinished"].null_count < len(parts):
        unfinished = parts["unfinished"].take(as_array(lasts.astype(np.int64)))
        messages = _with(messages, "unfinished", unfinished)
    return _shortened(
        messages.sort_by([("line_number", "ascending"), ("record_number", "ascending")])
    )


def _quotes(parts: pa.Table) -> npt.NDArray[np.int32]:
    counted = pc.fill_null(pc.count_substring(parts["line"], '"'), 0)
    numbers: npt.NDArray[np.int32] = counted.to_numpy()
    return numbers


def _with_open_quotes(parts: pa.Table, row: str) -> pa.Table:
    """The same, `part` where a quote is open at the end of a line.

    A line that is a row by itself is always one: a quote that nobody closed reaches no further.
    """
    if not parts.num_rows:
        return parts
    odd = _quotes(parts) % 2
    is_row = pc.match_substring_regex(parts["line"], row).to_numpy()
    passed = np.cumsum(odd)
    goes_on = (passed - np.maximum.accumulate(np.where(is_row, passed, 0))) % 2 == 1
    goes_on[:-1] &= ~is_row[1:]
    return _with(parts, "part", as_bools(goes_on))


def _with_open_braces(parts: pa.Table) -> pa.Table:
    """The same, `part` where a brace is open at the end of a line. A stray closing one is none."""
    # A text ends with its line, or the line is broken and its neighbours are not.
    bare = pc.replace_substring_regex(parts["line"], r'"(?:[^"\\\n]|\\.)*"', "")
    opened, closed = (pc.fill_null(pc.count_substring(bare, mark), 0) for mark in "{}")
    depth = np.cumsum(opened.to_numpy() - closed.to_numpy())
    outside = np.minimum.accumulate(np.minimum(depth, 0))
    return _with(parts, "part", as_bools(depth > outside))


def _found(parts: pa.Table, pattern: str) -> npt.NDArray[np.bool_]:
    matches = pc.fill_null(pc.match_substring_regex(parts["line"], pattern), False)
    found: npt.NDArray[np.bool_] = matches.to_numpy()
    return found


def _border(messages: pa.Table, is_open: npt.NDArray[np.bool_]) -> int:
    """How many messages come before a line at which none is open, the last such line."""
    if not is_open.any():
        return len(is_open)
    first = int(np.argmax(is_open))
    begins, ends = messages["line_number"].to_numpy(), messages["ends_at"].to_numpy()
    reach = np.maximum.accumulate(np.append(0, ends[:first]))
    return int(np.flatnonzero(reach < begins[: first + 1])[-1])


def _given_up(messages: pa.Table, which: pa.Array | pa.ChunkedArray) -> pa.Table:
    """The same, some of them marked: they have no end, and are waited for no more."""
    if not pc.any(which).as_py():
        return messages
    messages = _with(messages, "unfinished", pc.or_kleene(which, messages["unfinished"]))
    return _with(messages, "part", pc.and_not(messages["part"], which))


def _without_separators(
    lines: pa.ChunkedArray, starts: npt.NDArray[np.int64], lasts: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Documents without what stands between them: blank lines, the brackets of a list."""
    separates = pc.match_substring_regex(lines, r"^[\s\[\],]*$").to_numpy()
    places = np.where(separates, len(separates), np.arange(len(separates)))
    begins = np.minimum.reduceat(places, starts)
    some = begins <= lasts
    return begins[some], lasts[some]


def _bare(documents: pa.Table) -> pa.Table:
    """Documents without the commas and brackets of a list that they stood in."""
    lines = pc.replace_substring_regex(documents["line"], r"\}[\s\],]*$", "}")
    return _with(documents, "line", pc.replace_substring_regex(lines, r"^[\s\[,]*\{", "{"))


def _shortened(messages: pa.Table) -> pa.Table:
    """The same, but of one that is too long only its beginning, with that flaw."""
    too_long = pc.greater(pc.binary_length(messages["line"]), MAX_LINE_BYTES)
    if not pc.any(too_long).as_py():
        return messages
    beginnings = pc.utf8_slice_codeunits(messages["line"], 0, SHOWN_OF_LONG_LINE)
    messages = _with(messages, "line", pc.if_else(too_long, beginnings, messages["line"]))
    return _with(messages, "flaw", pc.if_else(too_long, pa.scalar("too_long"), messages["flaw"]))


def _first_flaws(
    flaws: pa.ChunkedArray, starts: npt.NDArray[np.int64], lasts: npt.NDArray[np.int64]
) -> pa.Array:
    """The first flaw among the parts of each message."""
    if flaws.null_count == len(flaws):
        return pa.nulls(len(starts), pa.string())
    found: list[str | None] = [None] * len(starts)
    for place in reversed(np.flatnonzero(flaws.is_valid().to_numpy())):
        message = int(np.searchsorted(starts, place, side="right")) - 1
        if message >= 0 and place <= lasts[message]:
            found[message] = flaws[int(place)].as_py()
    return pa.array(found, pa.string())


def as_bools(values: npt.NDArray[np.bool_]) -> pa.Array:
    return pc.not_equal(as_array(values.astype(np.int8)), 0)


def _with(table: pa.Table, name: str, column: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, column)
