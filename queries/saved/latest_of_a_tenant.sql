-- What did a customer last get?
-- Parameters: tenant = tenant-06
select occurred_at, trace_id, http_method, http_route, http_status, error_code, retryable, attempt
from responses
where tenant_id = $tenant
order by occurred_at desc, trace_id
limit 50
