-- Errors by code, most frequent first. Grain: one row per error code, one with NULL for errors without.
with

counted as (
    select
        f.error_code,
        count(*) as errors,
        count(*) filter (f.retryable) as retryable_errors,
        count(*) filter (not f.retryable) as final_errors,
        count(*) filter (f.retryable is null) as unsaid_errors,
        count(distinct f.operation_id) as operations,
        count(distinct f.tenant_id) as tenants,
        max(f.occurred_at) as last_seen_at,
        arg_max(f.trace_id, f.occurred_at) as last_trace_id
    from filtered as f
    where f.is_error
    group by all
)

select
    c.error_code,
    k.error_type,
    k.meaning,
    c.errors,
    c.errors / (sum(c.errors) over ())::bigint as share,
    c.retryable_errors,
    c.final_errors,
    c.unsaid_errors,
    c.operations,
    c.tenants,
    c.last_seen_at,
    c.last_trace_id
from counted as c
left join error_codes as k on c.error_code = k.error_code
order by c.errors desc, c.error_code
