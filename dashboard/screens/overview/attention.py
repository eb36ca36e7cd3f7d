"""What needs attention: a line for each thing, most pressing first, each a way to where it is told.

Nothing here is judged anew: storms, saturation, violations, burn rates and deploys are the views'
own verdicts.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import pandas as pd

from chertlog.dashboard import data
from chertlog.dashboard.drawing import markup, storm_words, words
from chertlog.dashboard.drawing.markup import panel
from chertlog.dashboard.drawing.theme import Palette
from chertlog.dashboard.frame import freshness
from chertlog.dashboard.frame.view import View

_MOST_STORMS = 3
_MOST_TENANTS = 3
_FULL = ("ran out", "used up", "runs out")
# A server-side gap: no client can mend it, and no retry can succeed.
_NOT_CONFIGURED = 3003
_DAY = timedelta(days=1)


class Item(NamedTuple):
    """One line: where it leads, and what it rests on."""

    sign: str
    tint: str
    headline: str
    target: str
    detail: str


def draw(shown: View, codes: pd.DataFrame, storms: pd.DataFrame, colours: Palette) -> None:
    """The list, or that there is nothing on it and what was looked at."""
    panel("Needs attention", "each line leads on")
    found = [
        *_stale(shown, colours),
        *_burning(shown, colours),
        *_saturated(shown, colours),
        *_deploys(shown, colours),
        *_storms(shown, storms, colours),
        *_not_configured(shown, codes, colours),
        *_violations(shown, colours),
    ]
    if found:
        markup.links(found)
    else:
        markup.line(
            markup.text("✓", colours.better),
            markup.text(
                "Nothing: the data are fresh, no burn rate fires, no lines are full now, and there "
                "were no retry storms, contract violations or deploys that went wrong."
            ),
        )


def _stale(shown: View, colours: Palette) -> Iterator[Item]:
    last_at, age = shown.coverage.last_at, freshness.age(shown.coverage)
    if last_at and age and age > shown.coverage.stale_after:
        yield Item(
            "◷",
            colours.final,
            f"The data are {words.duration(age)} old",
            "health",
            f"They reach to {words.minute(last_at)} {words.zone()}. Is the ingest still running?",
        )


def _burning(shown: View, colours: Palette) -> Iterator[Item]:
    for rule in data.frame(shown.generation, "burning").to_dict("records"):
        yield Item(
            "▲",
            colours.worse,
            f"The error budget burns {rule['burn_rate']:.1f} times too fast",
            "errors" + shown.chosen.link(tenant="", surface="", retryable=""),
            f"{words.number(rule['our_failures'])} of "
            f"{words.count(rule['operations'], 'operation')} failed by our fault in "
            f"{words.duration(rule['window_h'] * 3600)}: rule {rule['rule']} ({rule['action']}) "
            f"fires above {rule['burn_limit']:g}.",
        )


def _saturated(shown: View, colours: Palette) -> Iterator[Item]:
    forecast = data.frame(shown.generation, "saturation_forecast", **shown.chosen.parameters())
    full = forecast[forecast["verdict"].isin(_FULL)]
    if full.empty:
        return
    names = ", ".join(str(name) for name in full["tenant_id"].head(_MOST_TENANTS))
    more = len(full) - _MOST_TENANTS
    hour = full["hour"].iloc[0]
    out = int((full["verdict"] != "runs out").sum())
    yield Item(
        "◆",
        colours.capacity,
        f"4002: lines of {words.count(len(full), 'tenant')} are full in the newest hour"
        if out
        else f"4002: lines of {words.count(len(full), 'tenant')} will run out this hour",
        "saturation" + shown.chosen.link(),
        f"{names}{f' and {more} more' if more > 0 else ''}; from {words.minute(hour)} "
        f"{words.zone()}, until the next full hour.",
    )


def _deploys(shown: View, colours: Palette) -> Iterator[Item]:
    seen = data.frame(shown.generation, "deploys_seen", **shown.chosen.parameters())
    for version in seen[seen["is_deploy_seen"] & (seen["verdict"] == "worse")].to_dict("records"):
        yield Item(
            "▲",
            colours.worse,
            f"Version {version['service_version']} sends more server errors than the others",
            "errors" + shown.chosen.link(tenant="", surface="", retryable=""),
            f"×{version['risk_ratio']:.1f} in the same hours, since "
            f"{words.minute(version['first_hour'])} {words.zone()}.",
        )


def _storms(shown: View, storms: pd.DataFrame, colours: Palette) -> Iterator[Item]:
    # A herd does as it was told: it comes after those that do not.
    herds = storms["verdict"] == "top-of-hour herd"
    newest = storms.assign(is_herd=herds).sort_values(
        ["is_herd", "started_at"], ascending=[True, False]
    )
    for storm in newest.head(_MOST_STORMS).to_dict("records"):
        verdict = str(storm["verdict"])
        tenant = storm["tenant_id"] if isinstance(storm["tenant_id"], str) else "unknown tenant"
        code = "" if pd.isna(storm["error_code"]) else f" on {storm['error_code']:.0f}"
        yield Item(
            storm_words.KINDS[verdict].sign,
            storm_words.tint(verdict, colours),
            f"{verdict[0].upper()}{verdict[1:]}: {tenant}{code}",
            "storms" + shown.chosen.link(storm=storm["storm_id"]),
            f"{words.minute(storm['started_at'])} {words.zone()}, "
            f"{words.duration(storm['ended_at'] - storm['started_at'])}: "
            f"{words.number(storm['retries'])} retries of "
            f"{words.count(storm['operations'], 'operation')}, at most "
            f"{words.number(storm['peak_retries_per_minute'])} a minute.",
        )
    rest = len(storms) - _MOST_STORMS
    if rest > 0:
        yield Item(
            "…",
            colours.muted,
            f"{words.count(rest, 'more retry storm')} in this period",
            "storms" + shown.chosen.link(),
            "On a time line, by what they were and what they cost.",
        )


def _not_configured(shown: View, codes: pd.DataFrame, colours: Palette) -> Iterator[Item]:
    for code in codes[codes["error_code"] == _NOT_CONFIGURED].to_dict("records"):
        yield Item(
            "✕",
            colours.final,
            f"{_NOT_CONFIGURED} {code['error_type']}: a gap on our side",
            "errors" + shown.chosen.link(code=str(_NOT_CONFIGURED)),
            f"{words.count(code['errors'], 'error')}: no retry can succeed. It opens with the "
            "tenants it hit.",
        )


def _violations(shown: View, colours: Palette) -> Iterator[Item]:
    """Of the newest day, whatever the range: what broke is mended once, however long one looks."""
    end = shown.chosen.period.end
    parameters = shown.chosen.parameters() | {"start": end - _DAY, "end": end}
    kinds = data.frame(shown.generation, "contract_kinds", **parameters)
    if kinds.empty:
        return
    count = int(kinds["violations"].sum())
    yield Item(
        "≠",
        colours.final,
        f"{words.count(count, 'contract violation')} in 24 h",
        "contract" + shown.chosen.link(),
        f"Up to {words.minute(end)} {words.zone()}: {words.count(len(kinds), 'kind')}, most often "
        f"{kinds['kind'].iloc[0]} ({words.number(kinds['violations'].iloc[0])}).",
    )
