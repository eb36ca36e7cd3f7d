"""Messages that a wrapper cut into parts, put together again.

Owns: joining within one piece of a file, column by column, and what is done with a message that
grows too long. Which parts belong together says the wrapper: those of one stream, up to the first
that is marked as no part.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chertlog.ingest.blocks import MAX_LINE_BYTES, SHOWN_OF_LONG_LINE, as_array


def joined(parts: pa.Table, glue: str) -> tuple[pa.Table, pa.Table]:
    """Return the messages that are whole, and those that are still open."""
    keys = ("stream", "line_number", "record_number")
    order = pc.sort_indices(parts, [(key, "ascending") for key in keys])
    parts = parts.take(order).combine_chunks()
    goes_on = parts["part"].to_numpy()
    streams = parts["stream"]
    same = pc.equal(streams[1:], streams[:-1]).to_numpy()
    starts = np.flatnonzero(np.append(True, ~(goes_on[:-1] & same)))
    bounds = np.append(starts, len(goes_on)).astype(np.int32)
    lines = pa.ListArray.from_arrays(as_array(bounds), parts["line"].combine_chunks())
    messages = parts.take(as_array(starts.astype(np.int64)))
    messages = _with(messages, "line", pc.binary_join(lines, glue))
    messages = _with(messages, "flaw", _first_flaws(parts["flaw"], starts))
    is_open = goes_on[bounds[1:] - 1]
    messages = _with(messages, "part", pc.not_equal(as_array(is_open.astype(np.int8)), 0))
    messages = messages.sort_by("line_number")
    return messages.filter(pc.invert(messages["part"])), messages.filter(messages["part"])


def marked_unfinished(messages: pa.Table) -> pa.Table:
    """The same, with the mark that their end is missing."""
    return _with(messages, "unfinished", pa.repeat(pa.scalar(True), messages.num_rows))


def bare(documents: pa.Table) -> pa.Table:
    """Documents without the brackets and commas of a list that they stood in; no empty ones."""
    lines = pc.replace_substring_regex(documents["line"], r"^[\s\[\],]*\{", "{")
    lines = pc.utf8_trim(pc.utf8_trim_whitespace(lines), ",")
    documents = _with(documents, "line", lines)
    is_end = pc.or_(pc.equal(documents["line"], "]"), pc.equal(documents["line"], ""))
    return documents.filter(pc.invert(is_end))


def shortened(messages: pa.Table) -> pa.Table:
    """The same, but of one that is too long only its beginning, with that flaw."""
    too_long = pc.greater(pc.binary_length(messages["line"]), MAX_LINE_BYTES)
    if not pc.any(too_long).as_py():
        return messages
    beginnings = pc.utf8_slice_codeunits(messages["line"], 0, SHOWN_OF_LONG_LINE)
    messages = _with(messages, "line", pc.if_else(too_long, beginnings, messages["line"]))
    return _with(messages, "flaw", pc.if_else(too_long, pa.scalar("too_long"), messages["flaw"]))


def _first_flaws(flaws: pa.ChunkedArray, starts: np.ndarray) -> pa.Array:
    """The first flaw among the parts of each message."""
    if flaws.null_count == len(flaws):
        return pa.nulls(len(starts), pa.string())
    groups = np.searchsorted(starts, np.arange(len(flaws)), side="right") - 1
    found = pa.table({"group": as_array(groups.astype(np.int64)), "flaw": flaws})
    return found.group_by("group").aggregate([("flaw", "min")]).sort_by("group")["flaw_min"]


def _with(table: pa.Table, name: str, column: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, column)
