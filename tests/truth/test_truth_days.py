"""Three simulated days, shorter than those of days.py, against their truth; one is damaged.

Six hours from 15:00 at one response a second: in them several tenants run out of lines, one
hammers, others wait for the full hour. The whole length, and more seeds, are days.py's.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from compare import Comparison, Found, Truth, compare_with
from days import Day, run_day

DAYS = [Day(31, 6, 1.0, 0.0, 15), Day(32, 6, 1.0, 0.01, 15)]
# Figures over nothing would prove nothing. Some are over nothing by their nature.
MAY_BE_EMPTY = {
    "attempts with different keys joined",
    "attempts with a key chained by something else",
    "early_retries: listed twice",
    "retries_of_final_errors: listed twice",
    "storms of tenants that never retry",
    "storms without 20 true retries",
    "chains without keys, alike or with lines lost",
    "flapping_retryable, by route, code and hour",
}


@pytest.mark.slow
@pytest.mark.parametrize("day", DAYS, ids=str)
def test_a_day_is_as_it_was(day: Day, tmp_path: Path) -> None:
    responses, comparisons = run_day(day, tmp_path)
    assert responses > 18_000
    assert [_told(c) for c in comparisons if not c.passes] == []
    empty = {c.figure for c in comparisons if not c.judged}
    assert empty <= MAY_BE_EMPTY


def _told(comparison: Comparison) -> str:
    return (
        f"{comparison.figure}: {comparison.found} of {comparison.truth}, "
        f"asked {comparison.bar}; {comparison.note}"
    )


# What is done to a right database, and the figure that must then be missed.
SPOILED = {
    "delete from store.response where response_id ="
    " (select max(response_id) from store.response)": "responses",
    "update store.response set operation_id = response_id, attempt = 1 where attempt > 1"
    " and chain_basis = 'idempotency_key' and hash(response_id) % 40 = 0": "chains with keys",
    "update store.response set operation_id = response_id, attempt = 1 where attempt > 1"
    " and hash(response_id) % 40 = 0": "chains without keys, unambiguous",
    "update store.retry set is_early = not is_early where response_id ="
    " (select max(response_id) from store.retry)": "early_retries, by trace_id",
    "update store.retry set previous_retryable = not previous_retryable where response_id ="
    " (select max(response_id) from store.retry)": "retries_of_final_errors, by trace_id",
    "update store.saturation_hour set refused = refused + 1 where hour ="
    " (select max(hour) from store.saturation_hour)": "refused by tenant-hour",
    "update store.saturation_hour set unmet_operations = unmet_operations - 1 where hour ="
    " (select max(hour) from store.saturation_hour)": "unmet_operations by tenant-hour",
    "delete from store.storm": "storms far above the threshold",
    "update store.storm set ended_at = ended_at + interval 61 second": "their start and end",
    "update store.storm set attempts = attempts * 1.2": "their amplification",
    "update store.storm set error_codes = [1001]": "their codes",
    "update store.storm set top_of_hour_retries = retries": (
        "herds labelled herds, and nothing else"
    ),
    "update store.storm set tenant_id = 'tenant-05'": "storms of tenants that never retry",
    "delete from store.contract_violation where response_id ="
    " (select min(response_id) from store.contract_violation)": (
        "contract violations of all other kinds, by trace_id"
    ),
}


def test_a_wrong_database_is_found_out(tmp_path: Path) -> None:
    """The comparisons can fail: each does when what it looks at is spoiled."""
    run_day(Day(34, 3, 1.0, 0.01, 14), tmp_path)
    published = tmp_path / "data" / "chertlog.duckdb"
    truth, found = Truth(tmp_path / "logs"), {}
    for number, statement in enumerate(SPOILED):
        spoiled = tmp_path / f"spoiled-{number}.duckdb"
        shutil.copyfile(published, spoiled)
        with duckdb.connect(str(spoiled)) as con:
            con.execute(statement)
        results = compare_with(truth, Found(spoiled))
        spoiled.unlink()
        found[statement] = {c.figure for c in results if not c.passes}
    assert {s: name for s, name in SPOILED.items() if name not in found[s]} == {}
