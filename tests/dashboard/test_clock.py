"""Times are written in UTC, or in the zone asked for; charts are drawn by the same clock."""

from collections.abc import Iterator
from datetime import datetime

import pandas as pd
import pytest

from chertlog.dashboard.drawing import clock, words

AT = datetime(2026, 11, 21, 23, 30, 15)
SUMMER = datetime(2026, 7, 1, 23, 30, 15)


@pytest.fixture(autouse=True)
def afterwards() -> Iterator[None]:
    yield
    clock.use(clock.UTC)


def test_utc_is_the_default() -> None:
    assert (words.second(AT), words.zone()) == ("21 Nov 23:30:15", "UTC")


@pytest.mark.parametrize(
    ("zone", "at", "written", "name"),
    [
        ("Asia/Tokyo", AT, "22 Nov 08:30", "Tokyo time"),
        ("Europe/Berlin", AT, "22 Nov 00:30", "Berlin time"),
        ("Europe/Berlin", SUMMER, "2 Jul 01:30", "Berlin time"),
        ("America/New_York", AT, "21 Nov 18:30", "New York time"),
        ("Asia/Kolkata", AT, "22 Nov 05:00", "Kolkata time"),
        ("No/Such", AT, "21 Nov 23:30", "UTC"),
        ("<script>", AT, "21 Nov 23:30", "UTC"),
    ],
)
def test_another_zone(zone: str, at: datetime, written: str, name: str) -> None:
    clock.use(zone)
    assert (words.minute(at), words.zone()) == (written, name)


def test_a_day_is_the_readers() -> None:
    clock.use("Asia/Tokyo")
    assert words.day(AT) == "22 Nov 2026"
    assert words.span(AT.replace(hour=14), AT.replace(hour=16)) == "21 Nov 23:30 – 22 Nov 01:30"


def test_charts_draw_by_the_same_clock() -> None:
    times = pd.Series([AT, SUMMER])
    assert list(clock.instants(times)) == [pd.Timestamp(each, tz="UTC") for each in times]
    clock.use("Europe/Berlin")
    assert [f"{at:%d %b %H:%M}" for at in clock.instants(times)] == ["22 Nov 00:30", "02 Jul 01:30"]
    assert clock.instant(AT) == "2026-11-22T00:30:15Z"
