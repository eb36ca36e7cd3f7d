-- The errors sent last, whatever the filters. Grain: one row per error.
select
    r.occurred_at,
    r.error_code,
    k.error_type,
    r.retryable,
    r.surface,
    r.tenant_id,
    r.http_route,
    r.trace_id
from responses as r
left join error_codes as k on r.error_code = k.error_code
where r.is_error
order by r.occurred_at desc, r.trace_id
limit 25
