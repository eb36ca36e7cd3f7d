-- Errors that hide under a status of success
select occurred_at, trace_id, surface, http_route, http_status, error_code, error_message
from responses
where is_logical_failure
order by occurred_at desc
limit 100
