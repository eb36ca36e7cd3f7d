"""A day of which one line in twenty is damaged, in every way that `chertlog sample` knows."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from pathlib import Path
from typing import Any

import oracle
import pytest
from stand import Stand

from chertlog.ingest.simulate import write_day
from chertlog.ingest.simulate.damage_kinds import APP_KINDS, EDGE_KINDS, OTLP_KINDS

CORRUPT = 0.05
FORMATS = {"app": "app", "nginx": "nginx:chert", "otlp": "otlp"}


@pytest.fixture
def day(tmp_path: Path, is_long: bool) -> Path:
    write_day(tmp_path / "day", seed=42, hours=24 if is_long else 3, rps=0.2, corrupt=CORRUPT)
    return tmp_path / "day"


def content(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def test_a_day_damaged_at_five_per_cent(stand: Stand, day: Path, record_property: Any) -> None:
    """Nothing is lost; a rejected line has its number, offset, reason; its good neighbours load."""
    files = [path for path in sorted(day.rglob("*")) if path.is_file() and "truth" not in path.name]
    said = stand.ingest("--final", *files)
    assert said.exit_code == 0
    totals: Counter[str] = Counter()
    for path in files:
        totals += _held(stand, path)
    # Every line of every file, and each of the ways to damage one, was there.
    assert said.counts["lines"] == totals["lines"]
    assert said.counts["rejected"] == totals["rejected"]
    assert said.counts["blank"] == totals["blank"]
    assert totals["rejected"] > 20 and totals["neighbours"] > totals["rejected"]
    record_property("got", ", ".join(f"{number:,} {what}" for what, number in totals.items()))
    kinds = (day / "truth.json").read_text()
    for kind in (*APP_KINDS, *EDGE_KINDS, *OTLP_KINDS):
        assert f'"{kind.__name__}"' in kinds, f"no line was damaged as {kind.__name__}"


def _held(stand: Stand, path: Path) -> Counter[str]:
    """Hold what a file brought to what a slow parser says of it; gives what was counted."""
    data = content(path)
    verdicts = oracle.judge(FORMATS[path.parent.name], data)
    # Of a few odd numbers the oracle has no opinion: such a line is one or the other, once.
    unsure = {(v.line_number, v.record) for v in verdicts if v.what == oracle.UNSURE}
    assert len(unsure) <= len(verdicts) / 1000
    source = stand.source(path)["source_id"]
    found = {
        (line, record): (offset, reason)
        for line, record, offset, reason in stand.sql(
            "select line_number, record_number, byte_offset, reason from rejected_lines "
            "where source_id = $1",
            source,
        )
    }
    wanted = {
        (v.line_number, v.record): (v.byte_offset, v.what)
        for v in verdicts
        if v.what not in (oracle.EVENT, "blank", oracle.UNSURE)
    }
    refused = unsure & found.keys()
    assert {place: is_ for place, is_ in found.items() if place not in unsure} == wanted, path
    raw = {number: line for number, _, line in oracle.lines_of(data)}
    for (line, _), (offset, _) in found.items():
        assert data[offset:].startswith(raw[line]) and (not offset or data[offset - 1] == 10)
    events = {
        (line, record)
        for line, record in stand.sql(
            "select line_number, record_number from events where source_id = $1", source
        )
    }
    good = {(v.line_number, v.record): v for v in verdicts if v.what == oracle.EVENT}
    assert events <= good.keys() | unsure - refused
    row = stand.source(path)
    assert len(good) + len(unsure - refused) == row["events"] + row["duplicates"], path
    # A good line that has no event of its own repeats one that has: elsewhere, or above.
    near = [place for place in good if any((place[0] + step, None) in wanted for step in (-1, 1))]
    missing = [place for place in near if place not in events]
    for line, _ in missing:
        assert _is_elsewhere(stand, raw[line]), (path, line)
    return Counter(
        lines=len(verdicts),
        rejected=len(found),
        blank=sum(verdict.what == "blank" for verdict in verdicts),
        neighbours=len(near),
    )


def _is_elsewhere(stand: Stand, line: bytes) -> bool:
    """Whether the line's trace is among the events, which is all that a duplicate leaves."""
    match = re.search(
        rb'"?trace_id"?[:=]"?([0-9a-f]+)|chert.trace_id","value":\{"stringValue":"(\w+)', line
    )
    assert match is not None
    trace = (match[1] or match[2]).decode()
    return bool(stand.sql("select 1 from events where trace_id = $1 limit 1", trace))
