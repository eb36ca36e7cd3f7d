"""Adding a format is one file and one sample; adding a wrapper likewise. Nothing else changes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from chertlog.ingest import fieldmap, syntax, wrapper
from chertlog.ingest.detection import detect
from chertlog.ingest.formats import formats

sys.path.insert(0, str(Path(__file__).parent))
import document

MAP = """
title = "Acme gateway"
log = "edge"
looks_like = ['"acme" ?: ?1']
traps = ["It counts in nanoseconds."]

[fields]
time = "at"
status = "code"
duration_ns = "took"
"""
WRAPPER = r"""-- What Acme's shipper puts around lines: its name, a time, the message.
-- Tried: 4
-- Looks like: ^acme<
select
    * replace (
        case when starts_with(line, 'acme<') then substr(line, strpos(line, '> ') + 2)
            else line end as line,
        case when starts_with(line, 'acme<') then flaw else 'wrapper' end as flaw,
        regexp_extract(line, '^acme<([^>]*)> ', 1) as wrapped_at
    )
from lines
"""
SAMPLES = {
    "acme.ndjson": '{"acme":1,"at":1795255200,"code":503,"took":5000000}\n',
    "shipped.log": 'acme<2026-11-21T10:00:01Z> {"acme":1,"code":200}\nstray\n',
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package with one map and one wrapper more, and a sample of each."""
    real = Path(fieldmap.__file__).parent
    for folder in ("fieldmaps", "wrappers", "syntaxes", "readers"):
        (tmp_path / folder).mkdir()
        for file in (real / folder).iterdir():
            (tmp_path / folder / file.name).symlink_to(file)
    (tmp_path / "fieldmaps/acme.toml").write_text(MAP)
    (tmp_path / "wrappers/shipper.sql").write_text(WRAPPER)
    (tmp_path / "samples").mkdir()
    for file in document.SAMPLES.iterdir():
        (tmp_path / "samples" / file.name).symlink_to(file)
    for name, text in SAMPLES.items():
        (tmp_path / "samples" / name).write_text(text)
    for module in (fieldmap, syntax, wrapper):
        monkeypatch.setattr(
            module.resources,
            "files",
            lambda name: tmp_path / name.split(".", 2)[-1] if name.count(".") > 1 else tmp_path,
        )
    monkeypatch.setattr(document, "SAMPLES", tmp_path / "samples")
    fieldmap.shipped.cache_clear()
    wrapper.wrappers.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    fieldmap.shipped.cache_clear()
    wrapper.wrappers.cache_clear()


def test_one_file_and_one_sample(reading: Any, package: Path) -> None:
    known = formats()
    rows = {}
    for text in SAMPLES.values():
        found = detect(text.encode(), known)
        assert found is not None
        rows[found.format.name] = reading.rows(text.encode(), found.format)
    columns = ("occurred_at", "http_status", "duration_ms", "reject_reason")
    assert {
        name: [tuple(r[c] for c in columns) for r in found] for name, found in rows.items()
    } == {
        "acme": [(datetime(2026, 11, 21, 10), 503, 5, None)],
        "shipper > acme": [
            (datetime(2026, 11, 21, 10, 0, 1), 200, None, None),
            (None, None, None, "wrapper"),
        ],
    }
    written = document.reference()
    assert "### `acme`" in written and "### `shipper`" in written
    assert "- It counts in nanoseconds." in written
