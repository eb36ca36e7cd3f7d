-- Operations that met a 4002 in one hour, by when their first refusal was received.
-- Grain: one row per operation.
-- Parameters: hour, who (NULL: all tenants)
with

refused as (
    select
        r.operation_id,
        any_value(r.tenant_id) as tenant_id,
        min(r.received_at) as first_refused_at,
        count(*) as refusals,
        arg_min(r.http_route, r.received_at) as http_route,
        arg_min(r.retry_after_s, r.received_at) as told_to_wait_s,
        arg_min(r.trace_id, r.received_at) as trace_id
    from store.response as r
    where
        r.is_error
        and r.error_code = 4002
        and r.received_at >= $hour
        and r.received_at < $hour::timestamp + interval 1 hour
        and ($who::varchar is null or r.tenant_id = $who)
    group by r.operation_id
)

select
    r.* exclude (operation_id),
    o.attempts,
    operation_outcome(o.succeeded, o.last_retryable, o.closes_at) as outcome,
    o.last_at
from refused as r
-- The times only spare reading the operations of other days.
left join store.operation as o
    on
        r.operation_id = o.operation_id
        and o.last_at >= $hour
        and o.first_at < $hour::timestamp + interval 1 hour
order by r.first_refused_at, r.trace_id
limit 1000
