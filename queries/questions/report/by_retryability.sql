-- Errors of a window by the retryable flag as sent, beside the reference's default.
-- Grain: one row per retryable as sent and default.
with

flags as (
    select
        r.retryable,
        k.retryable as retryable_default,
        count(*) as errors,
        count(distinct r.operation_id) as operations,
        count(distinct r.tenant_id) as tenants
    from responses as r
    left join error_codes as k on r.error_code = k.error_code
    where r.is_error and r.occurred_at >= $since and r.occurred_at < $until
    group by all
)

select
    f.*,
    f.errors / (sum(f.errors) over ())::bigint as share
from flags as f
order by f.errors desc, f.retryable, f.retryable_default
