"""Violations by kind through time: the cells of the heat map, and the map."""

from datetime import datetime

import pandas as pd

from chertlog.dashboard.data import Coverage
from chertlog.dashboard.drawing import heat_map, words
from chertlog.dashboard.drawing.chart_parts import Option
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame.periods import Period


def cells(
    kinds: pd.DataFrame, steps: pd.DataFrame, coverage: Coverage, period: Period
) -> pd.DataFrame:
    """A cell for each kind and step that the data reach: without a violation it is 0."""
    counted = {
        (row["kind"], row["starts_at"].to_pydatetime()): row["violations"]
        for row in steps.to_dict("records")
    }
    rows = []
    for at in _starts(period):
        if not _is_known(at, coverage, period):
            continue
        span = words.span(at, at + period.step)
        for kind in kinds["kind"]:
            count = int(counted.get((kind, at), 0))
            told = f"{kind}\n{span} {words.zone()}: {words.count(count, 'violation')}"
            rows.append((_name(at, period), kind, count, f"{kind} {at:%Y-%m-%dT%H:%M}", told))
    return pd.DataFrame(rows, columns=["x", "y", "value", "id", "tooltip"])


def option(drawn: pd.DataFrame, kinds: pd.DataFrame, period: Period, colours: Palette) -> Option:
    """Kinds below each other, most frequent first, time to the right."""
    xs = [_name(at, period) for at in _starts(period)]
    classes = heat_map.counts(drawn["value"].max() if len(drawn) else 1)
    return heat_map.option(drawn, xs, list(kinds["kind"]), classes, colours, colour=colours.worse)


def _starts(period: Period) -> list[datetime]:
    count = -(-(period.end - period.start) // period.step)
    return [period.start + n * period.step for n in range(count)]


def _is_known(at: datetime, coverage: Coverage, period: Period) -> bool:
    first, last = coverage.first_at, coverage.last_at
    return first is not None and last is not None and at + period.step > first and at <= last


def _name(at: datetime, period: Period) -> str:
    """A step's name on the axis: as short as tells it apart."""
    if period.end - period.start <= pd.Timedelta(days=1):
        return words.hour_minute(at)
    return words.minute(at) if period.step < pd.Timedelta(days=1) else words.day(at)
