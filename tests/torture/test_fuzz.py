"""Mutated lines against the slow parser, briefly; `make fuzz` does it for as long as one likes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fuzz import SAMPLES, Readers, compare, fuzz

PREFIXES = {"app": "app-", "nginx:chert": "nginx-", "otlp": "otlp-"}
DAMAGED = [
    (name, path)
    for name, prefix in PREFIXES.items()
    for path in sorted((SAMPLES / "damage").glob(f"{prefix}*"))
]


@pytest.fixture(scope="module")
def readers() -> Readers:
    return Readers()


@pytest.mark.parametrize(("name", "path"), DAMAGED, ids=lambda value: getattr(value, "name", value))
@pytest.mark.parametrize("block", [2 << 20, 333])
def test_damaged_samples_are_what_the_oracle_says(
    readers: Readers, name: str, path: Any, block: int
) -> None:
    """Whatever the blocks. What fuzzing found once stays found."""
    assert compare(readers, name, path.read_bytes(), block) == ""


def test_the_oracle_notices_a_difference(readers: Readers) -> None:
    """Else the tests above would prove nothing."""
    data = (SAMPLES / "damage" / "app-glued.ndjson").read_bytes()

    class Wrong(Readers):
        def __init__(self, change: Callable[[list[dict[str, Any]]], object]) -> None:
            self.change = change

        def run(self, *arguments: Any) -> list[dict[str, Any]]:
            rows = readers.run(*arguments)
            self.change(rows)
            return rows

    assert compare(readers, "app", data) == ""
    changes: list[Callable[[list[dict[str, Any]]], object]] = [
        lambda rows: rows.pop(),
        lambda rows: rows.append(rows[0]),
        lambda rows: rows[0].update(occurred_at=None),
        lambda rows: [row.update(reject_reason=None) for row in rows],
        lambda rows: [row.update(byte_offset=1) for row in rows],
    ]
    for change in changes:
        assert compare(Wrong(change), "app", data) != ""


def test_mutated_lines(is_long: bool, record_property: Any) -> None:
    """No reader fails, no line is lost or doubled, and all agree with the slow parser."""
    tried, found = fuzz(seconds=300 if is_long else 0, seed=5, rounds=None if is_long else 12)
    unsure = tried.pop("unsure")
    assert unsure < 0.4 * tried.total()
    record_property("got", f"{tried.total():,} lines tried, {len(found)} differences")
    record_property("fuzz executions", tried.total())
    assert [(one.what, one.data[:300]) for one in found] == []
