"""Times as logs write them, in UTC; never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

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


def test_every_hour_of_a_year_in_a_zone_with_summer_time(reading: Any) -> None:
    """Held to zoneinfo: skipped hours are rejected, repeated ones are the first, and marked."""
    name = "Europe/Berlin"
    zone = ZoneInfo(name)
    locals_ = [datetime(2026, 1, 1, 0, 30) + timedelta(hours=n) for n in range(365 * 24)]
    data = "".join(f'{{"time":"{at:%Y-%m-%d %H:%M:%S},250","level":"info"}}\n' for at in locals_)
    rows = reading.rows(data.encode(), "json", zone=name)
    skipped, repeated = [], []
    for local, row in zip(locals_, rows, strict=True):
        first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
        exists = first.astimezone(zone).replace(tzinfo=None) == local
        if not exists:
            skipped.append(local)
            assert row["reject_reason"] == "time"
            continue
        assert row["occurred_at"] == first.replace(tzinfo=None, microsecond=250000)
        if local.replace(tzinfo=zone, fold=1).utcoffset() != first.astimezone(zone).utcoffset():
            repeated.append(local)
        assert (row["detail"] is not None) == (local in repeated[-1:])
    assert skipped == [datetime(2026, 3, 29, 2, 30)]
    assert repeated == [datetime(2026, 10, 25, 2, 30)]


def test_a_zone_touches_only_what_has_no_offset(reading: Any) -> None:
    with_one = [f"{EPOCH}", "2026-11-21T10:00:01Z", "21/Nov/2026:10:00:01 +0000"]
    values = [*with_one, "2026-11-21 15:45:01", "2026-11-21T15:45:01,5"]
    assert times(reading, values, "Asia/Kathmandu") == [AT, AT, AT, AT, HALF]
