"""Ways to the rows behind a figure that no page lists: a question on the SQL page, ready to run.

The rows have their trace_id, so each leads on to the look-up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from chertlog.dashboard.frame.filters import Filters

_MOST = 100
# What the filter bar calls all surfaces that the reference does not know.
OTHER = "other"


def responses(
    start: datetime, end: datetime, conditions: Iterable[str], *, order: str = "occurred_at"
) -> str:
    """The newest (or, by another order, largest) responses sent from start to end, exclusive."""
    return _asked(
        "select occurred_at, trace_id, tenant_id, http_route, error_code, duration_ms\n"
        "from responses",
        "occurred_at",
        (start, end),
        conditions,
        order,
    )


def failed_operations(chosen: Filters) -> str:
    """The operations that began in the period and failed, by the trace of their last attempt."""
    period = chosen.period
    return _asked(
        "select began.occurred_at, ended.trace_id, o.tenant_id, o.http_route, o.attempts,\n"
        "    o.outcome, o.last_error_code\n"
        "from operations as o\n"
        "join responses as began on began.operation_id = o.operation_id and began.attempt = 1\n"
        "join responses as ended\n"
        "    on ended.operation_id = o.operation_id and ended.attempt = o.attempts",
        "began.occurred_at",
        (period.start, period.end),
        ["o.outcome in ('gave_up', 'final_error')", *_chosen(chosen, of="began.", flag="ended.")],
        "began.occurred_at",
    )


def all_responses(chosen: Filters) -> str:
    """The responses that time, surface and tenant select; the flag selects errors only."""
    period = chosen.period
    return responses(period.start, period.end, _chosen(replace(chosen, retryable=None)))


def refused_first_attempts(chosen: Filters) -> str:
    """First attempts answered 4002, in the full hours that the period touches."""
    return _asked(
        "select received_at, trace_id, tenant_id, http_route, retry_after_s\nfrom responses",
        "received_at",
        _hours(chosen),
        ["error_code = 4002", "is_error", "attempt = 1", *_tenant(chosen)],
        "received_at",
    )


def saturated_hours(chosen: Filters, conditions: Iterable[str], *, order: str) -> str:
    """The tenants' hours with a 4002 that the period touches."""
    what = "select *\nfrom saturation_hours"
    return _asked(what, "hour", _hours(chosen), [*conditions, *_tenant(chosen)], order)


def storms(chosen: Filters, *, order: str) -> str:
    """The storms under way in the period: with surfaces chosen, those with a retry on one."""
    period = chosen.period
    conditions = [f"started_at < '{period.end}'", f"ended_at >= '{period.start}'"]
    conditions += _tenant(chosen)
    if chosen.surfaces:
        on = " and ".join(["dimension = 'surface'", _among(chosen.surfaces, "value")])
        conditions.append(f"storm_id in (select storm_id from storm_drivers where {on})")
    return rows("retry_storms", conditions, order=order)


def retries_over_budget(chosen: Filters) -> str:
    """The tenants' minutes in which a retry budget would have refused some, most first."""
    return _asked(
        "select *\nfrom retry_minutes",
        "minute",
        (chosen.period.start, chosen.period.end),
        ["over_budget > 0", *_tenant(chosen)],
        "over_budget",
    )


def rows(view: str, conditions: Sequence[str], *, order: str) -> str:
    """The rows of a view that meet the conditions, largest first."""
    where = "\n    and ".join(conditions)
    return _question(f"select *\nfrom {view}", where, order)


def quoted(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def _chosen(chosen: Filters, *, of: str = "", flag: str = "") -> list[str]:
    """The filters as conditions, on columns of these tables (each with its dot)."""
    found = []
    if chosen.surfaces:
        found.append(_among(chosen.surfaces, f"{of}surface"))
    if chosen.tenant:
        found.append(f"{of}tenant_id = {quoted(chosen.tenant)}")
    if chosen.retryable is not None:
        found.append(f"{flag}retryable = {str(chosen.retryable).lower()}")
    return found


def _tenant(chosen: Filters) -> list[str]:
    return [f"tenant_id = {quoted(chosen.tenant)}"] if chosen.tenant else []


def _among(surfaces: Sequence[str], column: str) -> str:
    names = ", ".join(quoted(each) for each in surfaces)
    if OTHER in surfaces:
        known = f"{column} in (select surface from api_surfaces)"
        column = f"case when {known} then {column} else '{OTHER}' end"
    return f"{column} in ({names})"


def _hours(chosen: Filters) -> tuple[datetime, datetime]:
    """From the full hour in which the period begins."""
    period = chosen.period
    return period.start.replace(minute=0, second=0, microsecond=0), period.end


def _asked(
    what: str,
    at: str,
    between: tuple[datetime, datetime],
    conditions: Iterable[str],
    order: str,
) -> str:
    limits = [f"{at} >= '{between[0]}'", f"{at} < '{between[1]}'", *conditions]
    return _question(what, "\n    and ".join(limits), order)


def _question(what: str, where: str, order: str) -> str:
    chosen = f"\nwhere\n    {where}" if where else ""
    return "sql?" + urlencode({"sql": f"{what}{chosen}\norder by {order} desc\nlimit {_MOST}"})
