-- First attempts and retries through time, of one tenant or all. Grain: one row per step of the period.
-- Inside the data, a step without attempts counts 0; outside of them all figures are NULL.
-- Parameters: start, end, step_s, tenant, all_tenants, first_at, last_at (the data's reach)
with

counted as (
    select
        time_bucket(to_seconds($step_s), m.starts_at, $start::timestamp) as starts_at,
        sum(m.operations)::bigint as first_attempts,
        sum(m.retries)::bigint as retries,
        sum(m.errors)::bigint as errors,
        sum(m.early_retries)::bigint as early_retries,
        sum(m.over_budget)::double as over_budget,
        sum(m.over_high_budget)::double as over_high_budget
    from retry_by_unit as m
    where
        m.starts_at >= $start
        and m.starts_at < $end
        and ($all_tenants or m.tenant_id is not distinct from $tenant::varchar)
    group by all
)

select
    t.starts_at,
    if(t.is_known, coalesce(c.first_attempts, 0), null) as first_attempts,
    if(t.is_known, coalesce(c.retries, 0), null) as retries,
    if(t.is_known, coalesce(c.errors, 0), null) as errors,
    if(t.is_known, coalesce(c.early_retries, 0), null) as early_retries,
    if(t.is_known, coalesce(c.over_budget, 0), null) as over_budget,
    if(t.is_known, coalesce(c.over_high_budget, 0), null) as over_high_budget
from steps as t
left join counted as c on t.starts_at = c.starts_at
order by t.starts_at
