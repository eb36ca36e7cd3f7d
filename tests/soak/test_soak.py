"""The soak in its short form, and what it is made of.

Only `make soak` judges how long a cycle takes and whether memory stays flat, and looks at the
dashboard in a browser: for the first two a minute is too short, and CI's machine too busy.
"""

from __future__ import annotations

import gzip
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path += [str(Path(__file__).parents[1] / folder) for folder in ("soak", "truth", "bench")]

from company import Receiver
from replay import Traffic
from soak import Plan, Soak

from chertlog.ingest.simulate import write_day


@pytest.mark.slow
# The benchmarks' visitor connects in a way that websockets is about to leave.
@pytest.mark.filterwarnings("ignore:connect:DeprecationWarning")
def test_everything_at_once(tmp_path: Path) -> None:
    """Two and a half hours in pieces: storms and saturated hours begin, end, and are told of, once
    each. Piece by piece and not by the clock, so that it proves the same on a busy machine."""
    plan = Plan(
        minutes=15,
        rps=8,
        interval_s=1,
        rotations=3,
        steps=3,
        browser=False,
    )
    results = Soak(tmp_path, plan).run()
    assert len(results) == 13
    broken = [f"{each.promise}: {each.seen}" for each in results if each.holds is False]
    assert broken == []


def lines_under(folder: Path) -> Counter[bytes]:
    found: Counter[bytes] = Counter()
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith("truth"):
            with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
                found.update(file)
    return found


def test_the_replay_writes_every_line_once_and_in_time(tmp_path: Path) -> None:
    """However files turn over meanwhile: by renaming and packing, and by copying and truncating."""
    write_day(tmp_path / "day", hours=2, rps=0.1)
    traffic = Traffic(tmp_path / "day", tmp_path / "live")
    span = traffic.end - traffic.start
    for step in range(1, 8):
        now = traffic.start + span * step / 8
        assert not traffic.write_until(now)
        for log in traffic.logs[:2]:
            written = log.path.read_bytes().splitlines()
            assert written and all(log._moment(line) <= now for line in written)
        traffic.rotate()
    assert traffic.write_until(traffic.end + 3600)
    day, live = lines_under(tmp_path / "day"), lines_under(tmp_path / "live")
    assert live == day and traffic.lines == day.total()
    assert (tmp_path / "live" / "app" / "chert-api.6.ndjson.gz").exists()
    assert (tmp_path / "live" / "nginx" / "access.log.7").exists()


def test_the_receiver_tells_a_second_beginning_from_a_reminder() -> None:
    with Receiver() as receiver:
        _tell_twice(receiver)


def _tell_twice(receiver: Receiver) -> None:
    def send(ends_in: timedelta) -> None:
        labels = {"alertname": "retry_storm", "subject": "s1"}
        ends_at = (datetime.now(UTC) + ends_in).isoformat()
        receiver.take("/api/v2/alerts", [{"labels": labels, "endsAt": ends_at}])

    later, before = timedelta(hours=26), timedelta(seconds=-1)
    for ends_in in (later, later, before, before):
        send(ends_in)
    told = receiver.of("retry_storm")["s1"]
    assert (told.fired, told.resolved) == (1, 1)
    send(later)
    assert (told.fired, told.resolved) == (2, 1)
    receiver.take("/hook", {"text": "*chertlog: 2 new alerts, 1 over*\n:red_circle: …"})
    assert (receiver.hook_began, receiver.hook_over) == (2, 1)
