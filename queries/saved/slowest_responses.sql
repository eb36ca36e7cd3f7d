-- The slowest responses of the newest 24 hours
select occurred_at, trace_id, duration_ms, http_route, http_status, error_code, host
from responses
where occurred_at >= (select max(occurred_at) from responses) - interval 24 hours
order by duration_ms desc nulls last, occurred_at, trace_id
limit 100
