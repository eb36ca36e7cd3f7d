-- The latest answers with a code, to look at one.
-- Grain: one row per response, at most five.
select
    r.occurred_at,
    r.trace_id,
    r.tenant_id,
    r.surface,
    r.http_route,
    r.http_status,
    r.retryable
from responses as r
where r.error_code = $code and r.is_error
order by r.occurred_at desc, r.trace_id
limit 5
