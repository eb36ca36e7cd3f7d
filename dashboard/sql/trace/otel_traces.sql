-- Chert's ids of the responses that an OpenTelemetry trace id was exported for.
-- Parameters: id (32 hex digits)
select distinct e.trace_id
from events as e
where e.otel_trace_id = $id and e.trace_id is not null
order by e.trace_id
limit 20
