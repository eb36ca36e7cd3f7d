"""Retry storms: the same however the logs were split over runs, and those of the simulated day."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from .conftest import Store

pytestmark = pytest.mark.usefixtures("no_sync")

TABLES = ("tenant_minute", "storm_minute", "storm", "storm_driver")
VIEWS = ("retry_storms", "storm_drivers", "retry_minutes", "retry_figures", "success_by_attempt")
BEGIN = datetime(2026, 11, 21, 9)


class Story:
    """Log lines of two days, by the file in which they were written: one an hour and host."""

    def __init__(self, lines: Any) -> None:
        self._lines = lines
        self._numbers = 0
        self.written: dict[str, list[tuple[datetime, bytes]]] = defaultdict(list)

    def operation(self, tenant: str, begin: datetime, *attempts: tuple[float, int | None]) -> None:
        """One operation; attempts are (seconds after begin, error code or None)."""
        self._numbers += 1
        same = {"tenant_id": tenant, "body_hash": f"{self._numbers:016x}"}
        for number, (offset, code) in enumerate(attempts):
            trace = f"t{self._numbers}-{number}"
            received = begin + timedelta(seconds=offset)
            answered = received + timedelta(milliseconds=100)
            self._write(tenant, received, self._lines.received(received.isoformat(), trace, **same))
            status, error = (503, {"code": code, "retry_after": 30}) if code else (200, {})
            line = self._lines.sent(answered.isoformat(), trace, status, tenant_id=tenant, **error)
            self._write(tenant, answered, line)

    def _write(self, tenant: str, moment: datetime, line: bytes) -> None:
        # So that the load of a storm and the storm itself come in different files.
        host = 1 if tenant == "chronic" else 2
        self.written[f"app-{host}.{moment:%Y-%m-%dT%H}.ndjson"].append((moment, line))

    def files(self, folder: Path) -> list[Path]:
        folder.mkdir()
        for name, lines in self.written.items():
            (folder / name).write_bytes(b"".join(line for _, line in sorted(lines)))
        return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def story(lines: Any) -> Story:
    """What can go wrong when a night is loaded in parts."""
    story = Story(lines)
    # Retries every minute for a day: they raise the baseline of all that comes after them.
    for n in range(26 * 60):
        story.operation("chronic", BEGIN + timedelta(minutes=n), (1, 3001), (21, None))
    for n in range(20):
        begin = BEGIN + timedelta(hours=25, minutes=30, seconds=n)
        story.operation("chronic", begin, (0, 3001), (2, 3001), (5, None))
    # A storm over the edge of a file, and a herd in the file after it.
    for n in range(30):
        begin = BEGIN + timedelta(minutes=58, seconds=4 * n)
        story.operation("hammers", begin, *((second, 1007) for second in range(8)))
        begin = BEGIN + timedelta(hours=1, minutes=50, seconds=n)
        story.operation("waits", begin, (0, 4002), (600 - n + n / 50, None))
    # A slow storm over midnight.
    for n in range(120):
        begin = BEGIN + timedelta(hours=14, minutes=n)
        story.operation("slow", begin, (5, 3001), (25, 3001), (45, 3001))
    # Two bursts that a slow stretch between them makes one storm.
    for minute in (0, 40):
        for n in range(30):
            begin = BEGIN + timedelta(hours=3, minutes=40 + minute, seconds=n)
            story.operation("both", begin, (0, 3002), (1, 3002), (3, None))
    for n in range(40):
        begin = BEGIN + timedelta(hours=3, minutes=40 + n)
        story.operation("both", begin, (5, 3001), (25, 3001), (45, 3001))
    return story


@pytest.fixture(scope="module")
def files(story: Story, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return story.files(tmp_path_factory.mktemp("story") / "logs")


def content(store: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Every table and view about storms, sorted."""
    names = [f"store.{name}" for name in TABLES] + list(VIEWS)
    return {name: store.sql(f"select * from {name} order by all") for name in names}


@pytest.fixture(scope="module")
def at_once(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("at-once"))
    assert store.ingest(*files).exit_code == 0
    return store


def test_the_story_has_its_storms(at_once: Any) -> None:
    """Else the comparison below would prove little."""
    rows = at_once.sql(
        "select tenant_id, verdict, detector, retries from retry_storms order by started_at"
    )
    assert rows == [
        ("chronic", "amplified outage", "slow", rows[0][3]),
        ("hammers", "retry storm", "burst", 210),
        ("waits", "top-of-hour herd", "burst", 30),
        ("both", "amplified outage", "burst", 200),
        ("slow", "amplified outage", "slow", 240),
        ("chronic", "amplified outage", "burst", rows[5][3]),
    ]
    ((normal,),) = at_once.sql(
        "select max(normal_retries) from store.storm_minute where tenant_id = 'chronic'"
    )
    assert normal == 1
    ((started, ended),) = at_once.sql(
        "select started_at, ended_at from retry_storms where tenant_id = 'slow'"
    )
    assert started.date() < ended.date()


def test_hour_by_hour_in_any_order_is_the_same(
    at_once: Any, files: list[Path], new_store: Any
) -> None:
    """Shuffled; four files a run keep the test short."""
    order = list(files)
    random.Random(1).shuffle(order)
    store = new_store()
    for first in range(0, len(order), 4):
        assert store.ingest(*order[first : first + 4]).exit_code == 0
    wanted, found = content(at_once), content(store)
    assert {name: len(rows) for name, rows in wanted.items() if not rows} == {}
    for name, rows in wanted.items():
        assert found[name] == rows, name


@pytest.fixture(scope="module")
def found(busy_day: Any) -> list[dict[str, Any]]:
    manners = {tenant["tenant_id"]: tenant["manner"] for tenant in busy_day.truth["tenants"]}
    rows = busy_day.store.rows("select * from retry_storms order by started_at")
    return [{**row, "manner": manners[row["tenant_id"]]} for row in rows]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def saturated(day: Any, manner: str, at_least: int) -> list[dict[str, Any]]:
    """Hours of tenants of this manner with so many operations refused."""
    manners = {tenant["tenant_id"]: tenant["manner"] for tenant in day.truth["tenants"]}
    hours = [
        hour
        for hour in day.truth["saturated"]
        if manners[hour["tenant_id"]] == manner and hour["refused_operations"] >= at_least
    ]
    assert hours
    return hours


def test_every_hammered_hour_is_a_saturation_storm(
    busy_day: Any, found: list[dict[str, Any]]
) -> None:
    for hour in saturated(busy_day, "tight_loop", 10):
        begin = moment(hour["first_refused_at"])
        (storm,) = (
            storm
            for storm in found
            if storm["tenant_id"] == hour["tenant_id"]
            and abs(storm["started_at"] - begin) < timedelta(seconds=60)
        )
        assert (storm["verdict"], storm["error_code"]) == ("saturation storm", 4002)
        end = begin.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        assert abs(storm["ended_at"] - end) < timedelta(seconds=60)
        assert storm["early_retry_share"] > 0.9


def test_every_release_at_the_full_hour_is_a_herd(
    busy_day: Any, found: list[dict[str, Any]]
) -> None:
    for hour in saturated(busy_day, "top_of_hour", 20):
        release = moment(hour["hour"] + ":00") + timedelta(hours=1)
        if release.date() > moment(hour["hour"] + ":00").date():
            continue  # the day is over
        (storm,) = (
            storm
            for storm in found
            if storm["tenant_id"] == hour["tenant_id"]
            and release <= storm["started_at"] < release + timedelta(seconds=10)
        )
        assert storm["verdict"] == "top-of-hour herd"
        assert storm["early_retry_share"] < 0.05


def test_a_burst_is_a_storm_only_if_the_client_does_not_wait_as_told(
    busy_day: Any, found: list[dict[str, Any]]
) -> None:
    for burst in busy_day.truth["incidents"]["bursts"]:
        begin = moment(burst["from"])
        at_that_time = [
            storm
            for storm in found
            if storm["tenant_id"] == burst["tenant_id"]
            and begin <= storm["started_at"] < begin + timedelta(seconds=60)
        ]
        manner = next(
            tenant["manner"]
            for tenant in busy_day.truth["tenants"]
            if tenant["tenant_id"] == burst["tenant_id"]
        )
        # Who waits as the rate limit told makes no storm.
        is_storm = manner in ("tight_loop", "retries_everything")
        verdicts = [(storm["verdict"], storm["error_code"]) for storm in at_that_time]
        assert verdicts == ([("retry storm", 1007)] if is_storm else [])


def test_nobody_is_accused_wrongly(found: list[dict[str, Any]]) -> None:
    assert not {storm["manner"] for storm in found} & {"never_retries", "platform"}
    hammering = {s["manner"] for s in found if s["verdict"] == "saturation storm"}
    assert hammering == {"tight_loop"}
    herds = {s["manner"] for s in found if s["verdict"] == "top-of-hour herd"}
    assert herds <= {"top_of_hour", "compliant", "mints_keys"}


def test_figures_are_those_of_the_truth(busy_day: Any, found: list[dict[str, Any]]) -> None:
    """Counted anew from the simulator's own operations, between the same two moments."""
    with duckdb.connect() as con:
        con.execute(
            "create table truth as select * from read_csv($1, all_varchar = true)",
            [str(busy_day.logs / "truth-responses.csv.gz")],
        )
        for storm in found:
            row = con.execute(
                """
                select
                    count(*), count(distinct operation), count(*) filter (attempt::integer > 1),
                    count(*) filter (is_error = 'true')
                from truth
                where tenant_id = $1 and received_at::timestamp between $2 and $3
                """,
                [storm["tenant_id"], storm["started_at"], storm["ended_at"]],
            ).fetchone()
            if storm["manner"] == "mints_keys":
                continue  # each attempt bears a key of its own: no chain can be known
            wanted = dict(
                zip(
                    ("attempts", "operations", "retries", "wasted_attempts"), row or (), strict=True
                )
            )
            for name, value in wanted.items():
                assert storm[name] == pytest.approx(value, rel=0.02, abs=1), (storm, name)
            amplification = wanted["attempts"] / wanted["operations"]
            assert storm["amplification"] == pytest.approx(amplification, rel=0.1)
