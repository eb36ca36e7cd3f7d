-- The attempts that bear an idempotency key, oldest first. Grain: one row per response.
-- Parameters: key (k_ and 16 hex digits)
with

wanted as (
    select response_id
    from store.response
    where idempotency_key = try_cast('0x' || substr($key::varchar, 3) as ubigint)
)

select r.trace_id, r.occurred_at, r.tenant_id, r.operation_id
from responses as r
where r.response_id in (select printf('%016x', response_id) from wanted)
order by r.occurred_at, r.trace_id
limit 1000
