"""4002 on simulated days, clean and damaged: what is found equals what really happened."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="module", params=["clean_day", "corrupt_day"])
def day(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def found_hours(day: Any) -> dict[tuple[str, str], dict[str, Any]]:
    rows = day.store.rows(
        """
        select
            tenant_id,
            strftime(hour, '%Y-%m-%dT%H') as hour,
            strftime(first_refused_at, '%Y-%m-%dT%H:%M:%S.%fZ') as first_refused_at,
            first_refused_minute,
            refused,
            refused_operations,
            unmet_operations,
            accepted
        from saturation_hours
        """
    )
    return {(row.pop("tenant_id"), row.pop("hour")): row for row in rows}


def test_saturated_hours_are_those_of_the_truth(day: Any) -> None:
    """Every number of every hour.

    Two intended messages with the same body, both refused within a minute, would be one operation
    to any log and two to the truth; on these days that changes no number.
    """
    wanted = {}
    for hour in day.truth["saturated"]:
        row = {**hour, "first_refused_minute": int(hour["first_refused_at"][14:16])}
        wanted[row.pop("tenant_id"), row.pop("hour")] = row
    assert len(wanted) > 10
    assert found_hours(day) == wanted


def test_capacity_is_the_quota(day: Any) -> None:
    quotas = {tenant["tenant_id"]: tenant["quota"] for tenant in day.truth["tenants"]}
    found = day.store.sql(
        "select tenant_id, capacity from saturation_hours where capacity_basis = 'caps in the log'"
    )
    assert len(found) > 10
    assert [row for row in found if quotas[row[0]] != row[1]] == []


def test_lines_named_are_full_before_the_first_refusal(day: Any) -> None:
    caps = {
        tenant["tenant_id"]: (tenant["cap_per_line"], len(tenant["lines"]))
        for tenant in day.truth["tenants"]
    }
    found = day.store.sql(
        """
        select l.tenant_id, max(l.cap), count(*), bool_and(l.used = l.cap),
            bool_and(l.filled_at <= h.first_refused_at)
        from line_saturation as l
        inner join saturation_hours as h using (tenant_id, hour)
        group by l.tenant_id, l.hour, h.first_refused_at
        """
    )
    assert len(found) > 10
    # A damaged log may have lost the line that named them first.
    may_be_late = bool(day.truth["damage"])
    for tenant, cap, lines, is_full, is_in_time in found:
        assert (cap, lines, is_full) == (*caps[tenant], True)
        assert is_in_time or may_be_late


def test_first_attempts_by_minute_are_those_of_the_responses(day: Any) -> None:
    """A second count, straight from the responses."""
    [wanted] = day.store.sql(
        """
        select count(*), count(*) filter (error_code = 4002)
        from responses
        where
            attempt = 1
            and http_route in (select http_route from responses where error_code = 4002)
        """
    )
    [found] = day.store.sql(
        "select sum(first_attempts)::bigint, sum(refused_first_attempts)::bigint"
        " from saturation_by_minute"
    )
    assert found == wanted
    assert found[1] > 50


def test_the_server_sends_everybody_to_the_full_hour(day: Any) -> None:
    """The simulated server tells the time to the full hour, rounded up to whole seconds."""
    found = day.store.column(
        "select told_less_top_s from saturation_hours where not server_makes_herd"
    )
    assert found == []
    [(low, high)] = day.store.sql(
        "select min(told_less_top_s), max(told_less_top_s) from saturation_hours"
    )
    assert 0 < low <= high < 1
