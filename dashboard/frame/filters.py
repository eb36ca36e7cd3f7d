"""The one filter bar and its state: which responses every screen but Trace looks at.

Drawn by app.py before the page runs: drawn by the pages, a bound widget loses its value with the
first change of page after a deep link. The URL holds all of it (range, surface, tenant,
retryable, and of a custom range from and to); what equals the default is left out, and what is not
on offer is dropped.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

import streamlit as st

from chertlog.dashboard.data import Coverage
from chertlog.dashboard.frame import periods
from chertlog.dashboard.frame.periods import Period
from chertlog.dashboard.questions import Value

# What stands in the URL, and what it means for the flag as sent.
_RETRYABLE = {"retryable": True, "non-retryable": False}


@dataclass(frozen=True)
class Filters:
    """What the bar selects, of the data that `coverage` describes."""

    coverage: Coverage
    range_name: str
    period: Period
    surfaces: tuple[str, ...] = ()
    tenant: str | None = None
    retryable: bool | None = None
    since: datetime | None = None
    until: datetime | None = None

    def parameters(self, period: Period | None = None) -> dict[str, Value]:
        """For the queries, in the steps of this period or in others."""
        chosen = period or self.period
        return {
            "before_start": self.before.start if self.before else self.period.start,
            "grain_s": int(self.period.step.total_seconds()),
            "start": chosen.start,
            "end": chosen.end,
            "step_s": int(chosen.step.total_seconds()),
            "surfaces": self.surfaces,
            "tenant": self.tenant,
            "retryable": self.retryable,
            "first_at": self.coverage.first_at,
            "last_at": self.coverage.last_at,
        }

    @property
    def before(self) -> Period | None:
        """The period to compare with; None unless the data reach back over all of it."""
        before = self.period.before
        first_at = self.coverage.first_at
        known = first_at is not None and first_at < before.start + before.step
        return before if known and self.range_name != periods.ALL else None

    @property
    def narrowed(self) -> bool:
        """Whether anything but the time range is restricted."""
        return bool(self.surfaces or self.tenant or self.retryable is not None)

    @property
    def length(self) -> str:
        """The length of the period, as one says it before "before"."""
        return "the period" if self.range_name == periods.CUSTOM else self.range_name

    def link(self, **changed: str) -> str:
        """The query string that reproduces this view, with some of it changed or added."""
        state: dict[str, str | tuple[str, ...]] = {
            "range": self.range_name,
            "surface": self.surfaces,
            "tenant": self.tenant or "",
            "retryable": next((k for k, v in _RETRYABLE.items() if v is self.retryable), ""),
            "from": f"{self.since:%Y-%m-%dT%H:%M}" if self.since else "",
            "to": f"{self.until:%Y-%m-%dT%H:%M}" if self.until else "",
        }
        default = {"range": periods.DEFAULT, "surface": (), "tenant": "", "retryable": ""}
        state.update(changed)
        told = {k: v for k, v in state.items() if v and v != default.get(k)}
        return "?" + urlencode(told, doseq=True)


def bar(coverage: Coverage) -> Filters:
    """Draw the bar; the filters it is set to."""
    if coverage.first_at is None or coverage.last_at is None:
        raise ValueError("there is nothing to filter")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filters"):
        range_name = st.segmented_control(
            "Time range, back from the newest data",
            periods.NAMES,
            default=periods.DEFAULT,
            required=True,
            key="range",
            bind="query-params",
            label_visibility="collapsed",
        )
        surfaces = st.pills(
            "Surfaces",
            coverage.surfaces,
            selection_mode="multi",
            key="surface",
            bind="query-params",
            label_visibility="collapsed",
        )
        retryable = st.selectbox(
            "Retryable, as sent",
            list(_RETRYABLE),
            index=None,
            placeholder="All errors",
            key="retryable",
            bind="query-params",
            label_visibility="collapsed",
            width=165,
        )
        tenant = st.selectbox(
            "Tenant",
            coverage.tenants,
            index=None,
            placeholder="All tenants",
            key="tenant",
            bind="query-params",
            label_visibility="collapsed",
            width=180,
        )
    name = range_name or periods.DEFAULT
    since, until = _window() if name == periods.CUSTOM else (None, None)
    first_at, last_at = coverage.first_at, coverage.last_at
    return Filters(
        coverage,
        name,
        periods.between(since, until, last_at)
        if name == periods.CUSTOM
        else periods.choose(name, first_at, last_at),
        tuple(surfaces),
        tenant,
        _RETRYABLE.get(retryable or ""),
        since,
        until,
    )


def _window() -> tuple[datetime | None, datetime | None]:
    """From when to when; without a default, since what equals it would be missing in the URL."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="window"):
        st.text("From", width="content")
        since = _moment("from", "From (UTC)")
        st.text("to", width="content")
        until = _moment("to", "To (UTC)")
        st.text("UTC, widened to full steps", width="content")
    return since, until


def _moment(key: str, label: str) -> datetime | None:
    return st.datetime_input(
        label,
        value=None,
        key=key,
        bind="query-params",
        format="YYYY-MM-DD",
        label_visibility="collapsed",
        width=215,
    )


def widen() -> None:
    """Take all restrictions but the time range away, as a button's callback."""
    st.session_state["surface"] = []
    st.session_state["tenant"] = None
    st.session_state["retryable"] = None
