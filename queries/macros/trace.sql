-- Every event of one trace in time order, from every log that saw it, internal detail included
-- (redacted). Columns as in view events. Use: select * from trace('a1b2c3d4e5f6').
-- Parameters: id
select *
from events
where trace_id = trim(id)
-- The edge log knows only whole seconds, so its line may stand before the answer it logs.
order by occurred_at, log, source_id, line_number, record_number
