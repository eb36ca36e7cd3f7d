"""Retry storms of a simulated day, found in the truth by other means than the product's SQL.

Owns the definition of a storm that nobody may miss: one that stands at twice the thresholds that
the product documents. Its start and end come from the retries themselves, second by second, not
from any ratio over minutes: retries that follow each other closely are one clump; clumps of five
or more that amplify as a storm does, within five minutes of each other, are one episode.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pandas as pd

SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000
# Retries within half a minute of each other hang together, more than a minute apart they do not.
CLUMP_GAPS = (MINUTE // 2, MINUTE)
CLUMP_RETRIES, CLUMP_AMPLIFICATION = 5, 2.0
# Five minutes apart is one; on the clock's whole minutes that may be anything from four to six.
EPISODE_GAPS = (4 * MINUTE, 5 * MINUTE, 6 * MINUTE)
# What the logs leave open: each pair is one honest reading of the same retries.
READINGS = tuple((clump, episode) for clump in CLUMP_GAPS for episode in EPISODE_GAPS)
# Twice the documented thresholds of a storm: retries in a minute and in five, and z; and an
# amplification of 3 where the threshold is 2, so twice as many retries for each first attempt.
STRONG_1M, STRONG_5M, STRONG_AMPLIFICATION, STRONG_Z = 10, 40, 3.0, 7.0
BASELINE, GUARD, DAY = 65, 5, 24 * 60  # minutes
RELIEF_MINUTES = 6
HERD = "top-of-hour herd"


@dataclass
class Episode:
    """A storm, true or found. Times are microseconds since the epoch."""

    tenant_id: str
    start: int
    end: int
    verdict: str
    operations: int
    attempts: int
    retries: int
    codes: Counter[int | None] = field(default_factory=Counter)
    code: int | None = None
    is_strong: bool = False

    def __str__(self) -> str:
        at = [
            f"{datetime.fromtimestamp(t // SECOND, UTC):%H:%M:%S}" for t in (self.start, self.end)
        ]
        return (
            f"{self.tenant_id} {at[0]}-{at[1]} {self.verdict} {self.retries} retries"
            f" {self.attempts}/{self.operations} {dict(self.codes.most_common(4))}"
        )

    @property
    def amplification(self) -> float:
        return self.attempts / self.operations

    def overlaps(self, other: Episode) -> bool:
        return self.shared(other) > 0

    def shared(self, other: Episode) -> int:
        """Microseconds in both, 0 if the tenants differ; one moment counts."""
        if self.tenant_id != other.tenant_id:
            return 0
        return max(0, min(self.end, other.end) - max(self.start, other.start) + 1)

    def off(self, other: Episode) -> int:
        """How far apart their starts or ends are, whichever is further."""
        return max(abs(self.start - other.start), abs(self.end - other.end))

    def has_codes(self, found: Episode, rows: pd.DataFrame) -> bool:
        """Whether the storm found names the codes answered while it lasted, all of them and first
        the most frequent, and this is also the most frequent of the true episode: its edges may
        be some seconds off, and a rare code may lie there."""
        inside = rows[
            (rows.tenant_id == self.tenant_id)
            & rows.received_at.between(found.start, found.end)
            & rows.is_error
            & rows.answered
        ]
        codes = _codes(inside)
        known = {code for code in codes if code is not None}
        named = {code for code in found.codes if code is not None}
        return named == known and found.code in _most(codes) and found.code in _most(self.codes)

    def true_retries(self, rows: pd.DataFrame) -> int:
        inside = rows[
            (rows.tenant_id == self.tenant_id)
            & rows.received_at.between(self.start, self.end)
            & (rows.chain_attempt > 1)
        ]
        return len(inside)


def found_episodes(rows: Iterable[tuple[Any, ...]]) -> list[Episode]:
    """What the view says: its codes come most frequent first, without counts."""
    return [
        Episode(
            tenant_id,
            start,
            end,
            verdict,
            operations,
            attempts,
            retries,
            Counter({one: len(codes) - place for place, one in enumerate(codes)}),
            code,
        )
        for tenant_id, start, end, verdict, code, codes, operations, attempts, retries in rows
    ]


def true_episodes(rows: pd.DataFrame, reading: tuple[int, int]) -> list[Episode]:
    """Episodes of every tenant in one reading; those far above the threshold are strong."""
    seen = rows[rows.answered | rows.edge].sort_values("received_at", kind="stable")
    found: list[Episode] = []
    for tenant_id, group in seen.groupby("tenant_id"):
        retries = group[group.chain_attempt > 1]
        strong = _strong_minutes(group)
        refused = _refused_before(group)
        firsts = sorted(group.received_at[group.chain_attempt == 1])
        for start, end in _clumps(retries.received_at.to_list(), firsts, reading):
            inside = group[group.received_at.between(start, end)]
            again = inside[inside.chain_attempt > 1]
            errors = inside[inside.is_error & inside.answered]
            released = sum(
                at % HOUR < RELIEF_MINUTES * MINUTE and refused.get(chain, at) // HOUR < at // HOUR
                for chain, at in zip(again.chain, again.received_at, strict=True)
            )
            verdict = HERD if 2 * released >= len(again) else "no herd"
            found.append(
                Episode(
                    str(tenant_id),
                    start,
                    end,
                    verdict,
                    inside.chain.nunique(),
                    len(inside),
                    len(again),
                    _codes(errors),
                    is_strong=any(start // MINUTE <= m <= end // MINUTE for m in strong),
                )
            )
    return found


def _codes(errors: pd.DataFrame) -> Counter[int | None]:
    return Counter(None if pd.isna(code) else int(code) for code in errors.error_code)


def _most(codes: Counter[int | None]) -> set[int | None]:
    """The most frequent codes: more than one if they tie; None alone if there are none."""
    return {code for code, n in codes.items() if n == max(codes.values())} or {None}


def _refused_before(group: pd.DataFrame) -> dict[str, int]:
    """When each operation was first answered 4002."""
    refused = group[(group.error_code == 4002).fillna(False)]
    return dict(refused.groupby("chain").received_at.min())


def _clumps(
    moments: list[int], firsts: list[int], reading: tuple[int, int]
) -> list[tuple[int, int]]:
    clump_gap, episode_gap = reading
    clumps: list[list[int]] = []
    for moment in moments:
        if clumps and moment - clumps[-1][-1] <= clump_gap:
            clumps[-1].append(moment)
        else:
            clumps.append([moment])
    episodes: list[tuple[int, int]] = []
    for clump in clumps:
        inside = bisect_right(firsts, clump[-1]) - bisect_left(firsts, clump[0])
        if len(clump) < CLUMP_RETRIES or len(clump) < (CLUMP_AMPLIFICATION - 1) * inside:
            continue
        if episodes and clump[0] - episodes[-1][1] <= episode_gap:
            episodes[-1] = episodes[-1][0], clump[-1]
        else:
            episodes.append((clump[0], clump[-1]))
    return episodes


def _strong_minutes(group: pd.DataFrame) -> list[int]:
    """Minutes far above the threshold: volume, amplification, and height above the usual; retries
    that waited as a rate limit told do not count."""
    minutes = group.received_at // MINUTE
    first, last = int(minutes.min()), int(minutes.max())
    begun = Counter(int(m) for m in minutes[group.chain_attempt == 1])
    retries = Counter(int(m) for m in minutes[(group.chain_attempt > 1) & ~group.is_patient])
    found = []
    for minute in sorted(m for m, n in retries.items() if n >= STRONG_1M):
        window = range(minute - 4, minute + 1)
        again = sum(retries[m] for m in window)
        firsts = sum(begun[m] for m in window)
        if again < STRONG_5M or again + firsts < STRONG_AMPLIFICATION * max(firsts, 1):
            continue
        trailing = [retries[m] for m in range(minute - BASELINE, minute - GUARD + 1) if m >= first]
        whole = [retries[m] for m in range(minute - DAY, minute - GUARD + 1) if m >= first]
        usual = 0.0
        if trailing:
            usual = min(pd.Series(trailing).median(), pd.Series(whole).quantile(0.25))
        if (retries[minute] - usual) / max(usual, 1.0) ** 0.5 >= STRONG_Z:
            found.append(minute)
    assert not found or first <= found[0] <= found[-1] <= last
    return found
