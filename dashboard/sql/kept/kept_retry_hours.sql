-- First attempts and retries by hour, for long stretches of time. Grain: one row per tenant and hour.
select
    m.tenant_id,
    date_trunc('hour', m.minute) as hour,
    sum(m.attempts)::bigint as attempts,
    sum(m.operations)::bigint as operations,
    sum(m.retries)::bigint as retries,
    sum(m.errors)::bigint as errors,
    sum(m.early_retries)::bigint as early_retries,
    sum(m.over_budget) as over_budget,
    sum(m.over_high_budget) as over_high_budget
from retry_minutes as m
group by all
