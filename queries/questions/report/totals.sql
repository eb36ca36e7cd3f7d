-- The headline numbers of a window. Responses and operations count when they were answered; attempts, retries
-- and what ran out of lines when they were received; a storm in every window that it reaches into.
-- Grain: one row.
with

answered as (
    select
        coalesce(sum(m.responses), 0)::bigint as responses,
        coalesce(sum(m.unclassified), 0)::bigint as unclassified,
        coalesce(sum(m.errors), 0)::bigint as errors,
        coalesce(sum(m.logical_failures), 0)::bigint as logical_failures,
        coalesce(sum(m.operations), 0)::bigint as operations,
        coalesce(sum(m.failed_operations), 0)::bigint as failed_operations
    from error_rate_by_minute as m
    where m.minute >= $since and m.minute < $until
),

tried as (
    select
        coalesce(sum(m.attempts), 0)::bigint as attempts,
        coalesce(sum(m.operations), 0)::bigint as begun,
        coalesce(sum(m.retries), 0)::bigint as retries
    from retry_minutes as m
    where m.minute >= $since and m.minute < $until
),

stormy as (
    select count(*) as storms
    from retry_storms as s
    where s.ended_at >= $since and s.started_at < $until
),

saturated as (
    select
        count(*) as saturated_hours,
        coalesce(sum(h.refused), 0)::bigint as refused,
        coalesce(sum(h.refused_operations), 0)::bigint as refused_operations,
        coalesce(sum(h.unmet_operations), 0)::bigint as unmet_operations
    from saturation_hours as h
    where h.hour >= date_trunc('hour', $since::timestamp) and h.hour < $until
),

broken as (
    select count(*) as violations
    from contract_violations as v
    where v.occurred_at >= $since and v.occurred_at < $until
)

select
    a.*,
    a.errors / nullif(a.responses - a.unclassified, 0) as error_ratio,
    wilson_low(a.errors, a.responses - a.unclassified) as error_ratio_low,
    wilson_high(a.errors, a.responses - a.unclassified) as error_ratio_high,
    a.failed_operations / nullif(a.operations, 0) as failed_ratio,
    t.attempts,
    t.retries,
    t.attempts / nullif(t.begun, 0) as amplification,
    s.storms,
    h.saturated_hours,
    h.refused,
    h.refused_operations,
    h.unmet_operations,
    b.violations
from answered as a, tried as t, stormy as s, saturated as h, broken as b
