"""Ways to the rows behind a figure that no page lists: a question on the SQL page, ready to run.

The rows have their trace_id, so each leads on to the look-up.
"""

from collections.abc import Iterable
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


def quoted(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def _chosen(chosen: Filters, *, of: str = "", flag: str = "") -> list[str]:
    """The filters as conditions, on columns of these tables (each with its dot)."""
    found = []
    if chosen.surfaces:
        names = ", ".join(quoted(each) for each in chosen.surfaces)
        column = f"{of}surface"
        if OTHER in chosen.surfaces:
            known = f"{column} in (select surface from api_surfaces)"
            column = f"case when {known} then {column} else '{OTHER}' end"
        found.append(f"{column} in ({names})")
    if chosen.tenant:
        found.append(f"{of}tenant_id = {quoted(chosen.tenant)}")
    if chosen.retryable is not None:
        found.append(f"{flag}retryable = {str(chosen.retryable).lower()}")
    return found


def _asked(
    what: str,
    at: str,
    between: tuple[datetime, datetime],
    conditions: Iterable[str],
    order: str,
) -> str:
    limits = [f"{at} >= '{between[0]}'", f"{at} < '{between[1]}'", *conditions]
    where = "\n    and ".join(limits)
    question = f"{what}\nwhere\n    {where}\norder by {order} desc\nlimit {_MOST}"
    return "sql?" + urlencode({"sql": question})
