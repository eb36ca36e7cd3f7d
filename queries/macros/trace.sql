-- Every event of one trace in time order, from every log that saw it, internal detail included
-- (redacted). The id is Chert's trace_id, or one of the ids that stay apart from it: of W3C and
-- OpenTelemetry, of AWS X-Ray, of a proxy or logger. Columns as in view events.
-- Use: select * from trace('a1b2c3d4e5f6').
-- Parameters: id
select *
from (
    -- One column at a time: each is skipped wherever its statistics rule the id out. An event that bears
    -- the id in two of them comes once.
    select *
    from events
    where trace_id = trim(id)
    union all
    select *
    from events
    where otel_trace_id = lower(trim(id)) and trace_id is distinct from trim(id)
    union all
    select *
    from events
    where
        xray_trace_id = trim(id)
        and trace_id is distinct from trim(id)
        and otel_trace_id is distinct from lower(trim(id))
    union all
    select *
    from events
    where
        request_id = trim(id)
        and trace_id is distinct from trim(id)
        and otel_trace_id is distinct from lower(trim(id))
        and xray_trace_id is distinct from trim(id)
)
-- The edge log knows only whole seconds, so its line may stand before the answer it logs.
order by occurred_at, log, source_id, line_number, record_number
