-- Every event has a time, a kind, and a context of a log that fits it, and was not rejected.
-- Next: report it with the line named here: it should be among the rejected lines.
select
    's' || e.source_no as source_id,
    e.line_number,
    e.record_number,
    e.occurred_at,
    e.kind,
    c.log,
    c.event,
    e.reject_reason
from store.event as e
left join store.context as c on c.context_id = e.context_id
where
    e.occurred_at is null
    or e.reject_reason is not null
    or c.event is null
    or e.kind is null
    or c.log is distinct from case when e.kind <= 3 then 'app' when e.kind = 4 then 'edge' else 'otlp' end
