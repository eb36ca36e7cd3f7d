-- Every event of a trace. nginx logs when a request ends, in whole seconds cut short: its line is
-- put at the end of its second, so that it does not stand before the answer it logs.
-- Grain: one row per event.
select *
from trace($id) as e
order by
    case
        when e.log = 'edge' then e.occurred_at + interval 999999 microsecond
        else e.occurred_at
    end,
    e.log, e.source_id, e.line_number, e.record_number
