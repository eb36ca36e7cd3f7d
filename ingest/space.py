"""Whether the disk has room for what a command is about to write.

Owns the estimate, and the refusal before anything is written. It errs on the side of too much: a
disk that is found full in the middle of a night stops other programs as well.

Measured on the three logs of the simulator, on 20 to 800 MB of each and of all of them: a byte of
log text takes 0.2 (application log, OTLP) to 0.6 bytes (nginx) of the work file. What DuckDB keeps
beside it until the end of a load, in its write-ahead log, was 0.9 to 2.7 bytes a byte of text, and
never more than 115 MB, since full row groups go to the work file at once. However little is loaded,
some blocks of each table are new: 8 MB for the first lines of all.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chertlog.ingest.batches import COMPRESSION
from chertlog.ingest.detection import is_truth
from chertlog.ingest.errors import CannotRun
from chertlog.ingest.files import READ_ERRORS, Found, LogFile, NotText
from chertlog.ingest.work import WORK_FILE

if TYPE_CHECKING:
    from chertlog.ingest.sources import Loaded

STORED = 0.6  # bytes in the work file a byte of text
LOGGED = 3.0  # bytes in its write-ahead log, and how many at most
LOGGED_AT_MOST = 150e6
BLOCKS = 12e6  # begun by any load

Known = Callable[[bytes], Sequence["Loaded"]]  # loaded content that begins like a file


def require_for_load(data_dir: Path, found: Sequence[Found], known: Known) -> None:
    """See that new files can be loaded and published. Raises CannotRun.

    Files are opened only if the room would not do, were everything that is offered new.
    """
    sizes = sum(_size(entry.path) for entry in found)
    if needed_for_load(data_dir, sizes * COMPRESSION) <= _free(data_dir):
        return
    text = sum(_new_text(entry.path, known) for entry in found)
    if text:
        _require(
            data_dir,
            needed_for_load(data_dir, text),
            f"for {said(text)} of new log text, and for the copy that is published",
        )


def needed_for_load(data_dir: Path, text: int) -> int:
    """Bytes that a load of so much text takes for a while: the text as stored, what DuckDB keeps
    beside it, and the next generation, which is a copy of the work file."""
    stored = int(BLOCKS + STORED * text)
    return stored + int(min(LOGGED * text, LOGGED_AT_MOST)) + _size(data_dir / WORK_FILE) + stored


def require_for_erasure(data_dir: Path, size: int) -> None:
    """See that a work file of so many bytes can be written anew. Raises CannotRun."""
    _require(
        data_dir,
        size,
        "to write the files anew",
        what="there is too little room on the disk: what was erased is in the bytes of files still",
        then="free disk space, then run chertlog ingest, which finishes this",
    )


def is_enough(data_dir: Path, size: int) -> bool:
    """Whether so many bytes are free."""
    return _free(data_dir) >= size


def said(size: int) -> str:
    """A number of bytes, for people."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{max(1, round(size / 1e6)):,} MB"


def _require(
    data_dir: Path,
    needed: int,
    purpose: str,
    *,
    what: str = "there is too little room on the disk; nothing was loaded",
    then: str = "free disk space, remove old days (chertlog prune --keep-days N), or choose "
    "another --data-dir",
) -> None:
    free = _free(data_dir)
    if free < needed:
        why = f"about {said(needed)} are needed {purpose}; {said(free)} are free"
        raise CannotRun(what, where=str(data_dir), why=why, next=then)


def _new_text(path: Path, known: Known) -> int:
    """Bytes of text that are new in a file, as far as its first line tells."""
    try:
        file = LogFile(path)
    except (NotText, *READ_ERRORS):
        return 0  # it will be refused
    try:
        head = file.head()
        if not head or is_truth(head):
            return 0
        like_it = known(head)
        if file.compression != "none":  # known content that was packed, most likely
            return 0 if like_it else file.file_bytes * COMPRESSION
        longest = max((source.content_bytes for source in like_it), default=0)
        return max(0, file.file_bytes - longest)
    except (NotText, *READ_ERRORS):
        return 0
    finally:
        file.close()


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
