"""Damages a share of one log's lines and keeps the account of it.

Owns who is hit, and that an exchange whose line is lost no longer counts as seen in that log.
What a hit looks like is `damage_kinds`.
"""

from __future__ import annotations

import math
from collections import Counter
from random import Random

from chertlog.ingest.simulate.damage_kinds import Kind, Line, Piece, Surroundings

REMEMBERED = 200
BOM = b"\xef\xbb\xbf"
BOM_SHARE = 0.5


class Damage:
    """Lets lines through, and hits each with the same small probability."""

    def __init__(self, kinds: tuple[Kind, ...], share: float, rng: Random, boms: bool) -> None:
        self._kinds = kinds
        self._rng = rng
        self._share = share
        self._boms = boms
        self._around = Surroundings(rng)
        self._file_is_new = True
        self.counts: Counter[str] = Counter()
        self._until_hit = self._gap()

    def new_file(self) -> None:
        around = self._around
        around.other_files = (around.other_files + around.same_file)[-REMEMBERED:]
        around.same_file = []
        self._file_is_new = True

    def spoil(self, lines: list[Line]) -> list[Piece]:
        """The physical lines that stand for these, in order."""
        pieces: list[Piece] = []
        whole: Line | None = None  # the last line that went through untouched
        index = 0
        while index < len(lines):
            line = lines[index]
            index += 1
            if self._file_is_new:
                # Never hit and never remembered: a copy would differ by the byte order mark.
                self._file_is_new = False
                pieces.append(Piece(self._marked(line.raw), events=line.records))
                continue
            if self._until_hit > 0:
                self._until_hit -= 1
                pieces.append(Piece(line.raw, events=line.records))
                if line.traced:
                    whole = line
                continue
            if any(exchange.protected for exchange in line.owners):
                pieces.append(Piece(line.raw, events=line.records))
                continue
            self._until_hit = self._gap()
            around = self._around
            if whole is not None:
                around.same_file.append(whole)
                del around.same_file[:-REMEMBERED]
            around.following = lines[index] if index < len(lines) else None
            if around.following and any(e.protected for e in around.following.owners):
                around.following = None
            around.swallowed = False
            hit = self._hit(line)
            pieces += hit
            lost = [] if any(piece.events for piece in hit) else [line]
            if around.swallowed:
                lost.append(lines[index])
                index += 1
            for gone in lost:
                for exchange in gone.owners:
                    exchange.lines &= ~gone.bit
        return pieces

    def _hit(self, line: Line) -> list[Piece]:
        """Apply a kind drawn by chance, or the next one that this line allows."""
        first = int(self._rng.random() * len(self._kinds))
        for step in range(len(self._kinds)):
            kind = self._kinds[(first + step) % len(self._kinds)]
            pieces = kind(line, self._around)
            if pieces is not None:
                self.counts[kind.__name__] += 1
                return pieces
        raise AssertionError("some kinds apply to every line")

    def _marked(self, raw: bytes) -> bytes:
        if not self._boms or self._rng.random() >= BOM_SHARE:
            return raw
        self.counts["byte_order_mark"] += 1
        return BOM + raw

    def _gap(self) -> int:
        """Untouched lines until the next hit: geometric, so that each line has equal odds."""
        return int(math.log(1 - self._rng.random()) / math.log(1 - self._share))
