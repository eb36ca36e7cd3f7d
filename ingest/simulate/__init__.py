"""Writes a realistic day of logs, of any size, together with the truth about it.

Owns the public door, `write_day`. The same arguments give the same bytes: nothing here looks at
the clock, the machine or a global random state (only `Summary.seconds` does, and no file).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from chertlog.ingest.simulate import traffic
from chertlog.ingest.simulate.clock import Clock, microseconds
from chertlog.ingest.simulate.day import Day
from chertlog.ingest.simulate.logs import Logs
from chertlog.ingest.simulate.model import Planned
from chertlog.ingest.simulate.quota import HOUR_US
from chertlog.ingest.simulate.roster import Roster
from chertlog.ingest.simulate.truth import Truth
from chertlog.ingest.simulate.writers import Disk

__all__ = ["DEFAULT_START", "Summary", "write_day"]

DEFAULT_START = datetime(2026, 11, 21, tzinfo=UTC)
MOST_CORRUPT = 0.5


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run has written. `lines` counts per log, as ingest does: OTLP by records."""

    responses: int
    lines: dict[str, int]
    bytes: int  # before compression, without the truth
    seconds: float
    paths: tuple[Path, ...]


def write_day(
    out: Path,
    *,
    seed: int = 1,
    hours: float = 24,
    rps: float = 1.0,
    corrupt: float = 0.0,
    start: datetime | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Write the three logs of a simulated day, and its truth, under `out`.

    `rps` is the mean of responses per second. `corrupt` is the share of physical lines that get
    damaged. `progress` is called with the responses written so far and those expected.
    """
    if hours <= 0 or rps <= 0:
        raise ValueError("hours and rps must be greater than 0")
    if not 0 <= corrupt <= MOST_CORRUPT:
        raise ValueError(f"corrupt must lie between 0 and {MOST_CORRUPT}")
    began = time.perf_counter()
    out.mkdir(parents=True, exist_ok=True)
    first = microseconds(start or DEFAULT_START)
    last = first + int(hours * HOUR_US)
    clock, disk, planned = Clock(), Disk(), Planned()
    roster = Roster(rps, first, last)
    logs = Logs(out, disk, last, corrupt, seed)
    truth = Truth(out, disk, clock, planned)
    day = Day(logs, truth, clock, planned, roster, seed)
    try:
        day.run(round(hours * 3600 * rps), progress)
        logs.close()
        arguments: dict[str, object] = {
            "seed": seed,
            "hours": hours,
            "rps": rps,
            "corrupt": corrupt,
            "start": clock.iso(first),
        }
        damage = {log: dict(sorted(found.counts.items())) for log, found in logs.damage.items()}
        truth.finish(arguments, roster.tenants, _incidents(day, clock), logs.files, damage)
    finally:
        disk.finish()
    files = [file for parts in logs.files.values() for file in parts]
    return Summary(
        responses=truth.responses,
        lines={log: sum(file.lines for file in parts) for log, parts in logs.files.items()},
        bytes=sum(file.bytes for file in files),
        seconds=time.perf_counter() - began,
        paths=(*(file.path for file in files), *truth.paths),
    )


def _incidents(day: Day, clock: Clock) -> dict[str, object]:
    """What was planned to go wrong."""
    length = day.end - day.start
    return {
        "outages": [
            {
                "name": outage.name,
                "from": clock.iso(start),
                "until": clock.iso(end),
                "error_codes": sorted(set(outage.codes)),
                "http_route": outage.route,
                "delivery_service": outage.delivery_service,
                "flapping": outage.flapping,
            }
            for start, end, outage in day.service.outages
        ],
        "overrides": [
            {"http_route": route, "error_code": code, "retryable": flag}
            for (route, code), flag in traffic.OVERRIDES.items()
        ],
        "bursts": [
            {
                "tenant_id": f"tenant-{burst.rank:02d}",
                "from": clock.iso(day.start + int(burst.at * length)),
                "seconds": burst.length_s,
            }
            for burst in traffic.BURSTS
        ],
    }
