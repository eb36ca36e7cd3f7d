-- The headline numbers of one tenant in a window. Responses and operations count when they were answered,
-- retries when they were received; a storm in every window that it reaches into.
-- Grain: one row.
-- Parameters: tenant, since, until
with

answered as (
    select
        coalesce(sum(s.responses), 0)::bigint as responses,
        coalesce(sum(s.responses) filter (s.is_error is null), 0)::bigint as unclassified,
        coalesce(sum(s.responses) filter (s.is_error), 0)::bigint as errors,
        coalesce(sum(s.first_attempts), 0)::bigint as operations,
        coalesce(sum(s.failed_retryable + s.failed_final + s.failed_unsaid), 0)::bigint as unsuccessful
    from response_sums('minute') as s
    where s.tenant_id = $tenant and s.starts_at >= $since and s.starts_at < $until
),

-- Nobody knows yet whether these failed.
unfinished as (
    select count(*) as operations
    from open_operations as o
    where o.tenant_id = $tenant and o.first_answered_at >= $since and o.first_answered_at < $until
),

tried as (
    select
        coalesce(sum(m.attempts), 0)::bigint as attempts,
        coalesce(sum(m.operations), 0)::bigint as begun,
        coalesce(sum(m.retries), 0)::bigint as retries
    from retry_minutes as m
    where m.tenant_id = $tenant and m.minute >= $since and m.minute < $until
),

stormy as (
    select count(*) as storms
    from retry_storms as s
    where s.tenant_id = $tenant and s.ended_at >= $since and s.started_at < $until
),

saturated as (
    select
        count(*) as saturated_hours,
        coalesce(sum(h.refused), 0)::bigint as refused,
        coalesce(sum(h.refused_operations), 0)::bigint as refused_operations,
        coalesce(sum(h.unmet_operations), 0)::bigint as unmet_operations
    from saturation_hours as h
    where h.tenant_id = $tenant and h.hour >= date_trunc('hour', $since::timestamp) and h.hour < $until
)

select
    a.responses,
    a.unclassified,
    a.errors,
    a.operations,
    a.unsuccessful - u.operations as failed_operations,
    a.errors / nullif(a.responses - a.unclassified, 0) as error_ratio,
    wilson_low(a.errors, a.responses - a.unclassified) as error_ratio_low,
    wilson_high(a.errors, a.responses - a.unclassified) as error_ratio_high,
    (a.unsuccessful - u.operations) / nullif(a.operations, 0) as failed_ratio,
    t.retries,
    t.attempts / nullif(t.begun, 0) as amplification,
    s.storms,
    h.saturated_hours,
    h.refused,
    h.refused_operations,
    h.unmet_operations
from answered as a, unfinished as u, tried as t, stormy as s, saturated as h
