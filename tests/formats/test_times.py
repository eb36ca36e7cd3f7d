"""Times as logs write them, in UTC; never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

AT = datetime(2026, 11, 21, 10, 0, 1)
HALF = AT.replace(microsecond=500000)
EPOCH = int(AT.replace(tzinfo=UTC).timestamp())


def times(reading: Any, values: Sequence[str], zone: str = "UTC") -> list[datetime | None]:
    """What each value becomes; all in one go, since planning takes longer than reading."""
    shown = [value if value.replace(".", "").isdigit() else f'"{value}"' for value in values]
    data = "".join(f'{{"time":{value},"level":"info"}}\n' for value in shown)
    rows = reading.rows(data.encode(), "json", zone=zone)
    for row in rows:
        assert row["reject_reason"] == (None if row["occurred_at"] else "time")
    return [row["occurred_at"] for row in rows]


FORMS = dict(
    [
        (f"{EPOCH}", AT),
        (f"{EPOCH}.5", HALF),
        (f"{EPOCH}500", HALF),
        (f"{EPOCH}500000", HALF),
        (f"{EPOCH}500000123", HALF),
        (f"{EPOCH}500000999", HALF),
        ("946684800", datetime(2000, 1, 1)),
        ("946684800000", datetime(2000, 1, 1)),
        ("2026-11-21T10:00:01Z", AT),
        ("2026-11-21T10:00:01.5Z", HALF),
        ("2026-11-21T10:00:01.500000000Z", HALF),
        ("2026-11-21T11:00:01+01:00", AT),
        ("2026-11-21 04:15:01 -0545", AT),
        ("2026-11-21 10:00:01,500", HALF),
        ("2026-11-21 10:00:01", AT),
        ("2026/11/21 10:00:01", AT),
        ("21/Nov/2026:10:00:01 +0000", AT),
        ("21/Nov/2026:15:30:01 +0530", AT),
        ("21/Nov/2026 10:00:01.500 +0000", HALF),
        ("Sat, 21 Nov 2026 10:00:01 GMT", AT),
        ("2026-11-21T10:00:60Z", datetime(2026, 11, 21, 10, 1)),
    ]
)


def test_forms(reading: Any) -> None:
    assert dict(zip(FORMS, times(reading, list(FORMS)), strict=True)) == FORMS


NO_TIMES = (
    "", "-", "now", "epoch", "infinity", "12345678", "123456789012345678901", "1795255201x",
    "2026-13-45T10:00:01Z", "2026-11-21", "10:00:01", "31/Feb/2026:10:00:01 +0000", "-1795255201",
)  # fmt: skip


def test_what_is_no_time(reading: Any) -> None:
    assert times(reading, NO_TIMES) == [None] * len(NO_TIMES)


BACK, FORWARD = "The clock was put back", "The clock was put forward"


@pytest.mark.parametrize(
    ("name", "around"),
    [
        ("Europe/Berlin", {"2026-03-29", "2026-10-25"}),
        ("America/New_York", {"2026-03-08", "2026-11-01"}),
        ("Australia/Lord_Howe", {"2026-04-05", "2026-10-04"}),  # by half an hour
    ],
)
def test_hours_around_summer_time(reading: Any, name: str, around: set[str]) -> None:
    """Held to zoneinfo, which does as RFC 5545: hours that came twice are the first, those that
    never were go by the offset before; both are marked, and no others."""
    zone = ZoneInfo(name)
    days = [datetime(2026, month, 1, 0, 10) for month in range(1, 13)]
    days += [datetime.fromisoformat(day) + timedelta(days=n) for day in around for n in (-1, 0, 1)]
    locals_ = [day + timedelta(minutes=10 * n) for day in days for n in range(144)]
    data = "".join(f'{{"time":"{at:%Y-%m-%d %H:%M:%S},250","level":"info"}}\n' for at in locals_)
    rows = reading.rows(data.encode(), "json", zone=name)
    marked = set()
    for local, row in zip(locals_, rows, strict=True):
        first, last = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        assert row["occurred_at"] == first.replace(tzinfo=None, microsecond=250000)
        exists = first.astimezone(zone).replace(tzinfo=None) == local
        mark = FORWARD if not exists else BACK if first != last else None
        assert (row["detail"] or "").partition(":")[0] == (mark or "")
        marked |= {f"{local:%Y-%m-%d}"} if mark else set()
    assert marked == around


def test_a_zone_touches_only_what_has_no_offset(reading: Any) -> None:
    with_one = [f"{EPOCH}", "2026-11-21T10:00:01Z", "21/Nov/2026:10:00:01 +0000"]
    values = [*with_one, "2026-11-21 15:45:01", "2026-11-21T15:45:01,5"]
    assert times(reading, values, "Asia/Kathmandu") == [AT, AT, AT, AT, HALF]


def test_cloudfront_writes_utc_without_saying_so(reading: Any, samples: Path) -> None:
    data = (samples / "formats" / "cloudfront.log").read_bytes()
    here, there = (
        [row["occurred_at"] for row in reading.events(data, zone=zone)]
        for zone in ("UTC", "Asia/Kathmandu")
    )
    assert here == there and len(here) == 2
