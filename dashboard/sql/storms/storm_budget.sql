-- What retry budgets would have refused in the minutes of one storm. Whole minutes are counted, of which the
-- storm may begin and end in the middle. Grain: one row. Parameters: tenant, from_at, to_at
select
    coalesce(sum(m.retries), 0)::bigint as retries,
    coalesce(sum(m.attempts), 0)::bigint as attempts,
    coalesce(sum(m.over_budget), 0)::double as over_budget,
    coalesce(sum(m.over_high_budget), 0)::double as over_high_budget
from retry_minutes as m
where
    m.tenant_id is not distinct from $tenant::varchar
    and m.minute >= date_trunc('minute', $from_at::timestamp)
    and m.minute <= $to_at
