-- What the API reference does not allow, by rule, beside the windows compared with; rules broken then and not
-- now have a row too.
-- Grain: one row per kind of violation.
-- Parameters: since, until; before_since, before_until, week_since, week_until (NULL: not to be compared)
with

kinds as (
    select
        v.kind,
        count(*) filter (v.occurred_at >= $since and v.occurred_at < $until) as violations,
        count(distinct v.http_route) filter (v.occurred_at >= $since and v.occurred_at < $until) as routes,
        count(*) filter (v.occurred_at >= $before_since and v.occurred_at < $before_until) as before,
        count(*) filter (v.occurred_at >= $week_since and v.occurred_at < $week_until) as week,
        min(v.occurred_at) as first_seen_at,
        arg_max(v.trace_id, v.occurred_at) filter (v.occurred_at >= $since and v.occurred_at < $until)
            as last_trace_id
    from contract_violations as v
    group by all
)

select
    k.kind,
    k.violations,
    k.routes,
    case when $before_since::timestamp is not null then k.before end as violations_before,
    case when $week_since::timestamp is not null then k.week end as violations_week_before,
    k.first_seen_at,
    k.last_trace_id
from kinds as k
where k.violations > 0 or k.before > 0 or k.week > 0
order by k.violations desc, k.before desc, k.kind
