"""The heat table: error codes by the flag as sent, against the surfaces that sent them.

One row is a code and a flag, since one code may be sent with both. The flag is read, never derived;
where it differs from the reference's default, the row says so.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from chertlog.dashboard.drawing import markup, tables, words
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame.filters import Filters

MOST_ROWS = 14
NO_CODE = "none"
Key = tuple[int | None, bool | None]
_FLAGS = {True: "retryable", False: "non-retryable", None: ""}


@dataclass(frozen=True)
class Row:
    """One code with one flag."""

    code: int | None
    name: str
    sent: bool | None
    default: bool | None
    errors: int
    before: int | None
    by_surface: dict[str, int]
    trend: list[float]
    last_seen_at: pd.Timestamp

    @property
    def is_override(self) -> bool:
        """Whether what was sent differs from what the reference says."""
        return self.sent is not None and self.default is not None and self.sent != self.default

    @property
    def value(self) -> str:
        """The code as it stands in the URL."""
        return NO_CODE if self.code is None else str(self.code)


def rows(
    now: pd.DataFrame,
    before: pd.DataFrame | None,
    catalogue: pd.DataFrame,
    starts: pd.DatetimeIndex,
) -> list[Row]:
    """The rows of the table, most errors first."""
    known = {row["error_code"]: row for row in catalogue.to_dict("records")}
    old = {} if before is None else _totals(_cells_of(before))
    surfaces, trends = _cells_of(now), _steps_of(now)
    found = []
    for key, total in _totals(surfaces).items():
        code, sent = key
        reference = known.get(code)
        found.append(
            Row(
                code,
                str(reference["error_type"]) if reference else "",
                sent,
                bool(reference["retryable_default"]) if reference else None,
                total,
                None if before is None else old.get(key, 0),
                {surface: errors for surface, (errors, _) in surfaces[key].items()},
                [float(trends.get(key, {}).get(at, 0)) for at in starts],
                max(last_seen_at for _, last_seen_at in surfaces[key].values()),
            )
        )
    return sorted(found, key=lambda row: (-row.errors, row.value))


def draw(found: list[Row], chosen: Filters, opened: str | None, colours: Palette) -> None:
    """The table; every figure leads to the errors behind it."""
    surfaces = chosen.surfaces or chosen.coverage.surfaces
    most = max((n for row in found for n in row.by_surface.values()), default=1)
    drawn = [_cells(row, surfaces, most, chosen, opened, colours) for row in found]
    columns = [("Code", "f w"), ("Errors", "n"), ("Change", "n"), ("Retryable, as sent", "w")]
    columns += [(surface, "h") for surface in surfaces]
    columns += [("Trend", "t"), ("Last seen (UTC)", "w")]
    markup.table(columns, drawn, caption="Errors by code, flag as sent and surface")


def behind(found: list[Row], surfaces: tuple[str, ...]) -> None:
    """The same figures as a table and CSV; all rows."""
    frame = pd.DataFrame(
        [
            {
                "error_code": row.code,
                "error_type": row.name or None,
                "retryable": row.sent,
                "retryable_default": row.default,
                "is_override": row.is_override,
                "errors": row.errors,
                "errors_before": row.before,
                **{surface: row.by_surface.get(surface, 0) for surface in surfaces},
                "last_seen_at": row.last_seen_at,
            }
            for row in found
        ]
    ).astype({"error_code": "Int64", "errors_before": "Int64"})
    plain = st.column_config.NumberColumn(format="plain")
    tables.behind(frame, "errors-by-code-and-surface", columns={"error_code": plain})


def _cells(
    row: Row,
    surfaces: tuple[str, ...],
    most: int,
    chosen: Filters,
    opened: str | None,
    colours: Palette,
) -> list[str]:
    tint = {True: colours.retryable, False: colours.final, None: colours.unsaid}[row.sent]
    label = f"{'no code' if row.code is None else row.code} {row.name}".strip()
    target = "errors" + chosen.link(code=row.value)
    flag = markup.text(words.mark(row.sent), tint)
    if row.is_override:
        default = words.mark(row.default)[2:]
        flag += " " + markup.mark("≠ default", f"The reference’s default is {default}")
    change = words.NONE if row.before is None else words.change(row.errors, row.before)
    before = "" if row.before is None else f"{words.number(row.before)} before"
    name = markup.link(label, target, title=f"Open {label}")
    return [
        markup.here_mark(name) if row.value == opened else name,
        markup.strong(words.number(row.errors)),
        markup.text(change, title=before),
        flag,
        *(_cell(row, surface, most, label, chosen, tint) for surface in surfaces),
        markup.sparkline(row.trend, tint, f"Errors {label} through the period"),
        markup.text(words.minute(row.last_seen_at)),
    ]


def _cell(row: Row, surface: str, most: int, label: str, chosen: Filters, tint: str) -> str:
    count = row.by_surface.get(surface, 0)
    if not count:
        return markup.text("0", "var(--muted)")
    flag = _FLAGS[row.sent] or _FLAGS[chosen.retryable]
    target = "errors" + chosen.link(code=row.value, surface=surface, retryable=flag)
    title = f"Open {label} on {surface}, {words.mark(row.sent)[2:]}"
    return markup.heat(words.number(count), count / most, tint, target, title=title)


def _cells_of(frame: pd.DataFrame) -> dict[Key, dict[str, tuple[int, pd.Timestamp]]]:
    """By code and flag: the errors on each surface, and when the last was seen."""
    cells: dict[Key, dict[str, tuple[int, pd.Timestamp]]] = {}
    mine = frame[frame["starts_at"].isna()]
    for key, surface, errors, last_seen_at in zip(
        _keys(mine), mine["surface"], mine["errors"], mine["last_seen_at"], strict=True
    ):
        cells.setdefault(key, {})[str(surface)] = int(errors), last_seen_at
    return cells


def _steps_of(frame: pd.DataFrame) -> dict[Key, dict[pd.Timestamp, int]]:
    """By code and flag: the errors of each step that has any."""
    steps: dict[Key, dict[pd.Timestamp, int]] = {}
    mine = frame[frame["starts_at"].notna()]
    for key, at, errors in zip(_keys(mine), mine["starts_at"], mine["errors"], strict=True):
        steps.setdefault(key, {})[at] = int(errors)
    return steps


def _totals(cells: dict[Key, dict[str, tuple[int, pd.Timestamp]]]) -> dict[Key, int]:
    return {key: sum(errors for errors, _ in mine.values()) for key, mine in cells.items()}


def _keys(frame: pd.DataFrame) -> list[Key]:
    return [
        (_plain(code, int), _plain(sent, bool))
        for code, sent in zip(frame["error_code"], frame["retryable"], strict=True)
    ]


def _plain(value: Any, kind: type) -> Any:
    return None if pd.isna(value) else kind(value)
