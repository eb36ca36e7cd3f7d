-- First attempts and retries through time, of one tenant or all. Grain: one row per step of the period.
-- Inside the data, a step without attempts counts 0; outside of them all figures are NULL.
-- Parameters: unit (as of `summed`), start, end, step_s, tenant, all_tenants, first_at, last_at (the data's reach)
with

steps as (
    select unnest(range($start::timestamp, $end::timestamp, to_seconds($step_s))) as starts_at
),

attempted as (
    select
        m.minute as starts_at,
        m.tenant_id,
        m.operations,
        m.retries,
        m.errors,
        m.early_retries,
        m.over_budget,
        m.over_high_budget
    from retry_minutes as m
    where $unit = 'minute'
    union all
    select
        h.hour as starts_at,
        h.tenant_id,
        h.operations,
        h.retries,
        h.errors,
        h.early_retries,
        h.over_budget,
        h.over_high_budget
    from kept_retry_hours as h
    where $unit = 'hour'
),

counted as (
    select
        time_bucket(to_seconds($step_s), m.starts_at, $start::timestamp) as starts_at,
        sum(m.operations)::bigint as first_attempts,
        sum(m.retries)::bigint as retries,
        sum(m.errors)::bigint as errors,
        sum(m.early_retries)::bigint as early_retries,
        sum(m.over_budget)::double as over_budget,
        sum(m.over_high_budget)::double as over_high_budget
    from attempted as m
    where
        m.starts_at >= $start
        and m.starts_at < $end
        and ($all_tenants or m.tenant_id is not distinct from $tenant::varchar)
    group by all
),

filled as (
    select
        s.starts_at,
        s.starts_at + to_seconds($step_s) > $first_at::timestamp
            and s.starts_at <= $last_at::timestamp as is_known,
        coalesce(c.first_attempts, 0) as first_attempts,
        coalesce(c.retries, 0) as retries,
        coalesce(c.errors, 0) as errors,
        coalesce(c.early_retries, 0) as early_retries,
        coalesce(c.over_budget, 0) as over_budget,
        coalesce(c.over_high_budget, 0) as over_high_budget
    from steps as s
    left join counted as c on s.starts_at = c.starts_at
)

select
    f.starts_at,
    if(f.is_known, f.first_attempts, null) as first_attempts,
    if(f.is_known, f.retries, null) as retries,
    if(f.is_known, f.errors, null) as errors,
    if(f.is_known, f.early_retries, null) as early_retries,
    if(f.is_known, f.over_budget, null) as over_budget,
    if(f.is_known, f.over_high_budget, null) as over_high_budget
from filled as f
order by f.starts_at
