-- What did all logs say within a minute?
-- Parameters: minute = 2026-11-21 04:00
select occurred_at, log, level, event, trace_id, tenant_id, http_route, http_status, error_code, detail
from events
where occurred_at >= $minute::timestamp and occurred_at < $minute::timestamp + interval 1 minute
order by occurred_at, log, trace_id
limit 500
