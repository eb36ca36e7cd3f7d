"""A changed parameter gives the database that the parameter would have given from the beginning."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chertlog.ingest import merge
from chertlog.ingest.simulate import write_day

pytestmark = pytest.mark.usefixtures("no_sync")
PARAMETERS = {"gap_limit_s": 3, "early_tolerance_s": 0, "idempotency_window_h": 0}


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    write_day(folder, seed=3, hours=3, rps=0.5)
    return folder


def test_a_changed_parameter_changes_what_was_loaded_before(
    logs: Path, new_store: Callable[..., Any], tmp_path: Path, differ: Callable[..., Any]
) -> None:
    changed = new_store("changed")
    changed.ingest(logs)
    before = changed.export(tmp_path / "before")
    changed.override(PARAMETERS)
    summary = changed.ingest(logs)
    assert summary.published and not summary.failures
    new = new_store("new", parameters=dict(PARAMETERS))
    new.ingest(logs)
    after = changed.export(tmp_path / "after")
    assert differ(after, new.export(tmp_path / "new")) == {}
    assert {"operations", "early_retries", "responses"} <= differ(after, before).keys()
    assert changed.unbalanced() == []


def test_nothing_is_computed_anew_without_need(
    logs: Path, new_store: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = new_store("once")
    store.ingest(logs / "app")
    store.override({"wilson_z": 2.58})  # only views use it
    monkeypatch.setattr(merge, "merge", lambda *_: pytest.fail("merged anew"))
    assert store.ingest(logs / "app").published, "the new value itself is published"
    assert store.ingest(logs / "app").published is None
