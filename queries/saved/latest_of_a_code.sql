-- Who got a code last?
-- Parameters: code = 4002
select occurred_at, trace_id, tenant_id, http_route, http_status, retryable, retry_after_s
from responses
where error_code = $code::integer
order by occurred_at desc, trace_id
limit 50
