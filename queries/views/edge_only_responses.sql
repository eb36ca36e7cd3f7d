-- What nginx answered itself (trace_id=- in the edge log): clients that left, no upstream, not HTTP.
-- They reached no service, are in no other log, and count in no error ratio.
-- Grain: one row per minute and HTTP status.
--
-- minute: start of the minute, UTC
-- http_status: HTTP status on the wire
-- responses: responses
select
    date_trunc('minute', e.occurred_at) as minute,
    e.http_status,
    count(*) as responses
from store.event as e
where e.kind = 4 and e.trace_id is null
group by all
