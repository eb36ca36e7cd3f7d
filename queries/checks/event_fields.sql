-- Every event has a time, a log, and a kind, and was not rejected.
-- Next: report it with the line named here: it should be among the rejected lines.
select
    's' || e.source_no as source_id,
    e.line_number,
    e.record_number,
    e.occurred_at,
    e.log,
    e.event,
    e.reject_reason
from store.event as e
where
    e.occurred_at is null
    or e.event is null
    or e.reject_reason is not null
    or e.log is null
    or e.log not in ('app', 'edge', 'otlp')
