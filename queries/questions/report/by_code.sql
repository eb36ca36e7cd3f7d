-- Errors of a window by code, with the retryable flags that were sent.
-- Grain: one row per error code; one with NULL for errors without a code.
with

codes as (
    select
        r.error_code,
        count(*) as errors,
        count(distinct r.operation_id) as operations,
        count(distinct r.tenant_id) as tenants,
        count(*) filter (r.retryable) as retryable_errors,
        count(*) filter (not r.retryable) as final_errors,
        count(*) - count(r.retryable) as flagless_errors,
        max(r.occurred_at) as last_seen_at
    from responses as r
    where r.is_error and r.occurred_at >= $since and r.occurred_at < $until
    group by all
)

select
    c.*,
    c.errors / (sum(c.errors) over ())::bigint as share,
    k.error_type,
    k.error_class,
    k.meaning,
    k.action,
    k.retryable as retryable_default
from codes as c
left join error_codes as k on c.error_code = k.error_code
order by c.errors desc, c.error_code
