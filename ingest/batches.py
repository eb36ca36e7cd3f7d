"""Which files are loaded together, and what is said of those that are not.

Owns: opening and judging each file (log or not, known, grown, in which format), and the limits of a
batch. A batch is one transaction.
"""

from __future__ import annotations

import resource
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from chertlog.ingest import sql
from chertlog.ingest.blocks import Progress
from chertlog.ingest.detection import detect, is_truth, named, why_unknown
from chertlog.ingest.files import HEAD_BYTES, READ_ERRORS, Found, LogFile, NotText, path_text
from chertlog.ingest.formats import Format, formats
from chertlog.ingest.load import Item, reason_of
from chertlog.ingest.memory import Memory
from chertlog.ingest.notes import note
from chertlog.ingest.settings import Settings
from chertlog.ingest.sources import (
    Beginnings,
    Contents,
    Grown,
    Loaded,
    Same,
    loaded_sources,
    recognise,
)
from chertlog.queries.transactions import transaction

if TYPE_CHECKING:
    import duckdb

BATCH_BYTES = 1 << 30  # of text, about: what the merge takes at one go (merge.PORTION_EVENTS)
BATCH_FILES = 2000  # all open at once, as far as the system lets
OTHER_HANDLES = 100  # what else a process has open: the database, its spill files, libraries
COMPRESSION = 8  # how many bytes of log a compressed byte stands for, about


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    path: Path
    status: str
    reason: str = ""
    format: str = ""
    identity: tuple[int, int] | None = None  # device and inode of the file that was opened


class Chooser:
    """Hands out the files that were found, batch by batch; the others become `outcomes`."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        found: Sequence[Found],
        settings: Settings,
        *,
        final: bool,
        reload: Sequence[str],
        memory: Memory | None = None,
        format_name: str | None = None,
    ) -> None:
        # Oldest first: what a trace left in several logs then comes in one batch, or near it.
        self.waiting = deque(sorted(found, key=lambda entry: _modified_at(entry.path)))
        self.outcomes: list[Outcome] = []
        self.total_bytes = sum(_size(entry.path) for entry in found)
        self._con, self._final, self._reload = con, final, frozenset(reload)
        self._memory = memory
        self._formats = formats(settings.log_formats, settings.field_maps)
        self._override = named(self._formats, format_name) if format_name else None
        self._loaded: list[Loaded] = []
        self._contents: Contents | None = None
        self._heads = Beginnings()  # of the batch
        self._at_once = _files_at_once()
        self._run_no = 0

    def known(self, head: bytes) -> list[Loaded]:
        """Loaded content that begins like a file, as far as its first line tells."""
        if self._contents is None:
            self._contents = Contents(self._con)
        return self._contents.beginning_like(head)

    def next_batch(self, run_no: int) -> list[Item]:
        """Take files for one transaction; one that could go on like another waits for the next."""
        self._heads, self._run_no = Beginnings(), run_no
        self._loaded = loaded_sources(self._con) if self._reload else []
        self._contents = Contents(self._con)
        items: list[Item] = []
        later: list[Found] = []
        size = 0
        with transaction(self._con):  # one for all notes
            while self.waiting and len(items) < self._at_once and size < BATCH_BYTES:
                entry = self.waiting.popleft()
                judged = self._judge(entry.path)
                if isinstance(judged, Item):
                    items.append(judged)
                    self._heads.add(judged.head)
                    packed = judged.file.compression != "none"
                    size += judged.file.file_bytes * (COMPRESSION if packed else 1)
                elif judged is None:
                    later.append(entry)
                else:
                    self.outcomes.append(judged)
        self.waiting.extendleft(reversed(later))
        return items

    def _judge(self, path: Path) -> Item | Outcome | None:
        """Load it, say why not, or (None) look at it again in the next batch."""
        try:
            file = LogFile(path)
        except FileNotFoundError as error:
            if self._memory is None:
                return self._refuse(path, _why(error))
            # It turned over since it was listed. The next cycle finds it under its new name.
            return Outcome(path, "gone", "it was renamed or removed just now")
        except (NotText, *READ_ERRORS) as error:
            return self._refuse(path, _why(error))
        judged: Item | Outcome | None = None
        try:
            judged = self._judge_open(file)
        except (NotText, *READ_ERRORS) as error:
            judged = self._refuse(path, _why(error))
        finally:
            if not isinstance(judged, Item):
                file.close()
        if isinstance(judged, Outcome):
            return replace(judged, identity=file.identity)
        return judged

    def _judge_open(self, file: LogFile) -> Item | Outcome | None:
        head = file.head()
        path = file.path
        if is_truth(head):
            reason = "the simulator's own record, not a log"
            self._note(path, "ignored", reason, file)
            return Outcome(path, "ignored", reason)
        if not head:
            self._note(path, "empty", "it holds nothing", file)
            return Outcome(path, "empty", "it holds nothing")
        # As far as both are known: a head of less than 64 KiB is all there is of a file, so that
        # small ones wait only for what they really begin with.
        if self._heads.may_go_on(head):
            return None
        again = path_text(path) in self._reload
        replaced = [s for s in self._loaded if again and s.path == path_text(path)]
        like_it = [s for s in self.known(head) if s not in replaced]
        resumed = self._memory.resume(file, like_it) if self._memory else None
        known = Grown(resumed.source) if resumed else recognise(head, file.stream(), like_it)
        if isinstance(known, Same):
            return self._same(file, known)
        detected = detect(head, self._formats, self._override)
        read_tail = self._final or file.compression != "none" or self._is_settled(file)
        unfinished = not read_tail and b"\n" not in head and b"\0" not in head
        if detected is None and head.strip() and not unfinished:
            return self._refuse(path, why_unknown(head, self._formats))
        format_ = detected.format if detected else named(self._formats, "app")
        replaces = [source.source_no for source in replaced]
        if isinstance(known, Grown) and _was_mistaken(known.source, format_):
            chain = sql.run(self._con, "source_chain", source_no=known.source.source_no).fetchall()
            replaces, known, resumed = [*replaces, *(row[0] for row in chain)], None, None
        return Item(
            file,
            format_,
            head,
            grown_from=known.source if isinstance(known, Grown) else None,
            read_tail=read_tail,
            replaces=replaces,
            goes_on=resumed is not None,
            progress=resumed.progress if resumed else Progress(),
        )

    def _is_settled(self, file: LogFile) -> bool:
        """Whether a file was left alone for so long that its last line is surely finished."""
        return time.time() - file.modified_at > self._tail_grace_s

    @cached_property
    def _tail_grace_s(self) -> float:
        grace = self._con.execute(
            "select value from store.parameter where parameter = 'tail_grace_s'"
        ).fetchall()
        return float(grace[0][0])

    def _refuse(self, path: Path, why: str) -> Outcome:
        self._note(path, "refused", why)
        return Outcome(path, "refused", why)

    def _same(self, file: LogFile, known: Same) -> Outcome:
        reason = f"same content as {known.source.path}"
        if path_text(file.path) != known.source.path:
            self._note(file.path, "already loaded", reason, file)
        return Outcome(file.path, "already loaded", reason)

    def _note(self, path: Path, status: str, reason: str, file: LogFile | None = None) -> None:
        note(self._con, path, status, reason, self._run_no, file)


def _files_at_once() -> int:
    """How many files a batch may hold. Raises the process's own limit where the system lets it."""
    wanted = BATCH_FILES + OTHER_HANDLES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY:
        return BATCH_FILES
    return max(1, min(BATCH_FILES, soft - OTHER_HANDLES))


def _was_mistaken(source: Loaded, format_: Format) -> bool:
    """Whether what is loaded was too little to tell its format: then all is read anew."""
    return source.content_bytes < HEAD_BYTES and source.format != format_.name


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _modified_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _why(error: BaseException) -> str:
    return f"not a log: {error}" if isinstance(error, NotText) else reason_of(error)
