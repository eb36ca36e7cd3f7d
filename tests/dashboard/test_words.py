"""Numbers, times and periods in words; safe CSV; pure functions."""

from datetime import datetime, timedelta

import pandas as pd
import pytest

from chertlog.dashboard.drawing import markup, tables, words
from chertlog.dashboard.frame import periods

NOON = datetime(2026, 11, 21, 12, 34, 56)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (None, "–"),
        (0, "0.00%"),
        (0.00001, "<0.01%"),
        (0.0946, "9.46%"),
        (0.99999, ">99.99%"),
        (1, "100.00%"),
    ],
)
def test_only_nothing_reads_as_0_and_only_all_as_100(ratio: float | None, text: str) -> None:
    assert words.percent(ratio) == text


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [
        (0, 0, "–"),
        (5, 0, "new"),
        (12, 10, "+20%"),
        (9, 10, "−10%"),
        (50, 10, "×5.0"),
        (10, 10, "±0%"),
    ],
)
def test_changes(now: int, before: int, text: str) -> None:
    assert words.change(now, before) == text


def test_marks_name_one_flag_or_the_shares() -> None:
    assert words.marks(3, 0, 0) == "↻ retryable"
    assert words.marks(0, 3, 0) == "✕ non-retryable"
    assert words.marks(999, 1, 0) == "↻ >99% · ✕ <1%"


@pytest.mark.parametrize("name", [*periods.PRESETS, periods.ALL])
def test_a_period_holds_the_newest_data_in_full_steps(name: str) -> None:
    first = NOON - timedelta(days=40)
    period = periods.choose(name, first, NOON)
    assert period.start <= NOON < period.end
    assert NOON + period.step >= period.end
    assert (period.end - period.start) % period.step == timedelta(0)
    assert (period.end - period.start) / period.step <= 121
    if name != periods.ALL:
        assert period.end - period.start == periods.PRESETS[name][0]
    else:
        assert period.start <= first


def test_a_period_ends_after_data_on_the_very_step() -> None:
    on_the_hour = NOON.replace(minute=0, second=0)
    assert periods.choose("24h", on_the_hour, on_the_hour).end > on_the_hour


def test_spans_name_the_day_once() -> None:
    start = datetime(2026, 11, 21, 10)
    assert words.span(start, start + timedelta(minutes=15)) == "21 Nov 10:00–10:15"
    assert words.span(start, start + timedelta(hours=16)) == "21 Nov 10:00 – 22 Nov 02:00"
    midnight = datetime(2026, 11, 21)
    assert words.span(midnight, midnight + timedelta(days=1)) == "21 Nov"
    assert words.span(midnight, midnight + timedelta(days=7)) == "21 Nov – 27 Nov"


def test_a_csv_runs_no_formula() -> None:
    text = tables.csv(pd.DataFrame({"n": [-1.5], "said": ['=HYPERLINK("x")']})).decode()
    assert text.splitlines()[1].startswith("-1.5,\"'=HYPERLINK")


def test_a_sparkline_breaks_where_nothing_is_known() -> None:
    drawn = markup.sparkline([1, None, 2, 3], "#123456", 'a "quoted" name')
    assert drawn.count("polyline") == 2
    assert "&quot;quoted&quot;" in drawn


def test_a_link_quotes_what_it_is_given() -> None:
    assert 'href="trace?trace=%22%3E%3Cscript%3E"' in markup.trace_link('"><script>')
