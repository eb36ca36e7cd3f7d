-- First attempts and retries of one tenant through a few minutes. Grain: one row per step, steps without
-- attempts too. Parameters: start, end, step_s, tenant
with

steps as (
    select unnest(range($start::timestamp, $end::timestamp, to_seconds($step_s))) as starts_at
),

attempted as (
    select r.received_at, r.is_error, true as is_first, false as is_early
    from store.response as r
    where
        r.received_at >= $start
        and r.received_at < $end
        and r.tenant_id is not distinct from $tenant::varchar
        and r.attempt = 1
    union all
    select r.received_at, r.is_error, false, r.is_early
    from store.retry as r
    where
        r.received_at >= $start
        and r.received_at < $end
        and r.tenant_id is not distinct from $tenant::varchar
)

select
    s.starts_at,
    count(a.received_at) filter (a.is_first) as first_attempts,
    count(a.received_at) filter (not a.is_first) as retries,
    count(a.received_at) filter (a.is_error) as errors,
    count(a.received_at) filter (a.is_early) as early_retries
from steps as s
left join attempted as a
    on s.starts_at = time_bucket(to_seconds($step_s), a.received_at, $start::timestamp)
group by s.starts_at
order by s.starts_at
