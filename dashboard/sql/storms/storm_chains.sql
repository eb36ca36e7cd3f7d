-- The operations of one storm, most retried first. Grain: one row per operation, at most 200.
-- Parameters: tenant, from_at, to_at
with

retried as (
    select
        r.operation_id,
        count(*) as retries_here,
        count(*) filter (r.is_early) as early_here,
        arg_min(r.previous_trace_id, r.attempt) as first_trace_id,
        arg_max(r.trace_id, r.attempt) as last_trace_id,
        median(greatest(r.waited_ms, 0)) / 1000 as median_wait_s,
        max(r.told_to_wait_s) as longest_told_s
    from store.retry as r
    where
        r.received_at >= $from_at
        and r.received_at <= $to_at
        and r.tenant_id is not distinct from $tenant::varchar
    group by all
)

select
    -- What a chain was held together by, and how it went on after the storm, stands with the operation.
    o.http_route,
    o.chain_basis,
    o.attempts,
    t.retries_here,
    t.early_here,
    t.median_wait_s,
    t.longest_told_s,
    o.first_error_code,
    o.last_error_code,
    operation_outcome(o.succeeded, o.last_retryable, o.closes_at) as outcome,
    o.first_at,
    o.last_at,
    t.first_trace_id,
    t.last_trace_id,
    count(*) over () as operations
from retried as t
inner join store.operation as o on t.operation_id = o.operation_id
-- A chain reaches back a day at most; the times let DuckDB skip the rest of the table.
where o.first_at >= $from_at::timestamp - interval 25 hour and o.first_at <= $to_at
order by t.retries_here desc, o.attempts desc, o.first_at
limit 200
