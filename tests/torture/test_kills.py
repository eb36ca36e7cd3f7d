"""Case 57: kill -9 at random points of the whole run, while a reader looks on."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from killing import Night, Watcher, kill_at, part_of
from stand import Stand, copy_of, differences

SHORT, LONG = 4, 100  # kills
LATE = {"checking", "checked", "publishing", "copy", "verify", "switch", "prune", "sync", "is_due"}


@pytest.mark.slow
@pytest.mark.timeout(7200)
def case_57_kill_9_at_any_point(
    earlier: Stand, night: Night, tmp_path: Path, is_long: bool, record_property: Any
) -> None:
    """After the restart every relation equals an undisturbed run's; readers saw whole states."""
    chance = Random(5)
    parts: Counter[str] = Counter()
    looks = 0
    late = [n for n in range(1, night.gates + 1) if part_of(night.names[:n]) in LATE]
    number = 0
    while parts.total() < (LONG if is_long else SHORT):
        number += 1
        # The publication is short, and has the most to lose: every third kill is there.
        gate = chance.choice(late) if number % 3 == 0 else chance.randrange(1, night.gates + 1)
        (tmp_path / str(number)).mkdir()
        stand = copy_of(earlier, tmp_path / str(number))
        with Watcher(stand.data) as watcher:
            part = kill_at(stand, night, gate, chance)
            for _ in range(chance.randrange(2)):  # and sometimes killed again
                again = kill_at(stand, night, chance.randrange(1, night.gates), chance)
                parts.update([again] if again else [])
            said = stand.ingest("--data-dir", stand.data, "--final", night.logs)
        assert said.exit_code == 0, said.words
        assert watcher.faults == []
        assert len(watcher.seen) <= 2, "a reader sees what was before, or all of it"
        looks += watcher.looks
        parts.update([part] if part else [])
        assert differences(night.undisturbed, stand.export()) == {}, f"gate {gate}: {part}"
        stand.assert_invariants()
        assert leavings(stand) == [], f"gate {gate}: {part}"
        stand.close()
        shutil.rmtree(stand.home)
    listed = ", ".join(f"{part} {count}" for part, count in sorted(parts.items()))
    record_property("got", f"{parts.total()} kills survived ({listed}); {looks} looks of a reader")
    record_property("kills", parts.total())


def leavings(stand: Stand) -> list[str]:
    """What killed runs left lying about."""
    known = {"chertlog.duckdb", "generations", "ingest.lock", "work.duckdb"}
    found = [path.name for path in stand.data.iterdir() if path.name not in known]
    return found + [path.name for path in stand.data.glob("generations/*.tmp*")]
