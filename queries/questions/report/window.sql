-- Where the data begin and end, in whole minutes; the window of a report counts back from the end.
-- Grain: one row.
select
    (select min(m.minute) from error_rate_by_minute as m) as first_minute,
    date_trunc('minute', f.newest_event_at) + interval 1 minute as end_at,
    f.*
from freshness as f
