"""Follows growing and rotating files: the nightly run, again and again, over what has changed.

Owns: when the next cycle begins, and which files it offers. Exactly once, recognition and
publication are those of `run`; what a file brought so far is kept in `memory`, so that a cycle
reads only what is new.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from chertlog.ingest.errors import CannotRun
from chertlog.ingest.files import Found, find
from chertlog.ingest.memory import Memory, Signature
from chertlog.ingest.run import Reporter, Summary, ingest_found
from chertlog.ingest.settings import Settings

PUBLISHING_SHARE = 0.2  # of the time, at most
TAIL_GRACE_S = 600.0


@dataclass(frozen=True)
class Cycle:
    """What a cycle did; without a summary it could not, and `trouble` says why."""

    summary: Summary | None = None
    trouble: CannotRun | None = None
    began_at: float = 0.0  # time.monotonic
    seconds: float = 0.0


class Watch:
    """Follows paths until it is stopped."""

    def __init__(self, paths: Sequence[str], settings: Settings, interval_s: float) -> None:
        self._paths, self._settings, self._interval_s = paths, settings, interval_s
        self._memory = Memory()
        self._seen: dict[tuple[int, int], _Seen] = {}
        self._stopped = Event()

    def stop(self) -> None:
        """End after the cycle that is running; callable from a signal handler."""
        self._stopped.set()

    def run(
        self, reporter: Reporter | None = None, on_cycle: Callable[[Cycle], None] | None = None
    ) -> None:
        """Work until stopped. What keeps one cycle from working does not keep the next."""
        while not self._stopped.is_set():
            cycle = self.cycle(reporter)
            if on_cycle:
                on_cycle(cycle)
            self._stopped.wait(self._pause(cycle))

    def cycle(self, reporter: Reporter | None = None) -> Cycle:
        """Load and publish what has changed since the last one. Raises WrongUse."""
        began = time.monotonic()
        found, _ = find(self._paths)  # a pattern that matches nothing now may match later
        signatures = {entry.path: _signature(entry) for entry in found}
        changed = [entry for entry in found if self._is_new(signatures[entry.path])]
        summary, trouble = None, None
        if changed:
            try:
                summary = ingest_found(
                    changed, self._settings, reporter=reporter, memory=self._memory
                )
            except CannotRun as error:
                trouble = error
        for outcome in summary.outcomes if summary else ():
            signature = signatures.get(outcome.path)
            # A path may have got another file since it was listed; what the one before still holds
            # is then unread, and comes under its new name.
            if signature is not None and signature.identity == (
                outcome.identity or _identity(outcome.path)
            ):
                self._seen[signature.identity] = _Seen(
                    signature, is_whole=outcome.status != "growing"
                )
        self._forget_gone(signatures.values())
        return Cycle(summary, trouble, began, time.monotonic() - began)

    def _pause(self, cycle: Cycle) -> float:
        """Seconds until the next cycle: longer where publishing takes long."""
        timings = cycle.summary.timings if cycle.summary else {}
        least = timings.get("publishing", 0.0) / PUBLISHING_SHARE
        return max(0.0, max(self._interval_s, least) - cycle.seconds)

    def _is_new(self, signature: Signature | None) -> bool:
        if signature is None:
            return True  # the run says what is the matter with it
        seen = self._seen.get(signature.identity)
        if seen is None or seen.signature != signature:
            return True
        # An unfinished last line is read when its file was left alone for long enough.
        grace = self._settings.parameters.get("tail_grace_s", TAIL_GRACE_S)
        return not seen.is_whole and time.time() - signature.modified_ns / 1e9 > grace

    def _forget_gone(self, signatures: Iterable[Signature | None]) -> None:
        there = {s.identity for s in signatures if s is not None}
        self._seen = {key: seen for key, seen in self._seen.items() if key in there}


@dataclass(frozen=True)
class _Seen:
    signature: Signature
    is_whole: bool


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        return Signature.of(path).identity
    except OSError:
        return None


def _signature(entry: Found) -> Signature | None:
    try:
        return Signature.of(entry.path)
    except OSError:
        return None
