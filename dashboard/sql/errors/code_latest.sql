-- The latest errors of one code. Grain: one row per error.
-- Parameters besides the filters: code (NULL: errors without one)
select
    f.trace_id,
    f.occurred_at,
    f.retryable,
    f.surface,
    f.tenant_id,
    f.http_route,
    f.http_status,
    f.attempt,
    f.error_message
from filtered as f
where f.is_error and f.error_code is not distinct from $code::integer
order by f.occurred_at desc, f.trace_id
limit 25
