"""What charts are drawn from, where it is more than a column of a view."""

from datetime import datetime, timedelta
from itertools import pairwise

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from chertlog.dashboard.drawing.chart_data import with_storms
from chertlog.dashboard.drawing.charts import joined
from chertlog.dashboard.drawing.records import records
from chertlog.dashboard.frame.periods import Period

START = datetime.fromisoformat("2026-11-20T00:00:00")
MINUTES = st.integers(-30, 150).map(lambda n: START + timedelta(minutes=n / 2))
STRETCHES = st.lists(st.tuples(MINUTES, MINUTES).map(lambda both: (min(both), max(both))))


@given(STRETCHES)
def test_joined_stretches_cover_the_same_time_and_never_touch(
    stretches: list[tuple[datetime, datetime]],
) -> None:
    whole = joined(stretches)
    assert all(one[1] < other[0] for one, other in pairwise(whole))
    moments = [START + timedelta(minutes=n / 4) for n in range(-70, 320)]
    for at in moments:
        assert any(a <= at <= b for a, b in whole) == any(a <= at <= b for a, b in stretches)


@given(STRETCHES)
def test_a_step_names_the_storms_that_it_shares_time_with(
    stretches: list[tuple[datetime, datetime]],
) -> None:
    period = Period(START, START + timedelta(hours=1), timedelta(minutes=5))
    steps = [START + timedelta(minutes=n) for n in range(0, 60, 5)]
    storms = pd.DataFrame(stretches, columns=["started_at", "ended_at"], dtype="datetime64[us]")
    storms["name"] = [f"storm {n}" for n in range(len(storms))]
    found = with_storms(pd.DataFrame({"starts_at": steps}), storms, period)
    for at, names in zip(steps, found["storms"], strict=True):
        mine = [
            f"storm {n}"
            for n, (begins, ends) in enumerate(stretches)
            if begins < at + period.step and ends >= at
        ]
        assert names == ", ".join(mine)


def test_records_are_plain_values() -> None:
    frame = pd.DataFrame({"at": [START, None], "text": ["a", None], "n": [1, 2]})
    frame["at"] = frame["at"].astype("datetime64[us]")
    first, second = records(frame)
    assert first == {"at": START, "text": "a", "n": 1}
    assert type(first["at"]) is datetime and type(first["n"]) is int
    assert pd.isna(second["at"]) and pd.isna(second["text"])
