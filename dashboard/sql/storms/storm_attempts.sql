-- Whether trying again helped in one storm. Grain: one row per number of the attempt; 6 is 6 and more.
-- Parameters: storm, tenant, from_at, to_at
with

numbered as (
    select
        1 as attempt,
        s.firsts as attempts,
        s.firsts - s.first_errors - s.first_unclassified as successes,
        s.first_unclassified as unclassified,
        null::varchar as trace_id
    from store.storm as s
    where printf('%016x', s.storm_id) = $storm
    union all
    select
        least(r.attempt, 6),
        count(*),
        count(*) filter (not r.is_error),
        count(*) filter (r.is_error is null),
        arg_max(r.trace_id, r.received_at)
    from store.retry as r
    where
        r.received_at >= $from_at
        and r.received_at <= $to_at
        and r.tenant_id is not distinct from $tenant::varchar
    group by 1
)

select
    n.attempt,
    n.attempts,
    n.successes,
    n.unclassified,
    n.successes / nullif(n.attempts - n.unclassified, 0) as success_ratio,
    wilson_low(n.successes, n.attempts - n.unclassified) as success_ratio_low,
    wilson_high(n.successes, n.attempts - n.unclassified) as success_ratio_high,
    n.trace_id
from numbered as n
order by n.attempt
