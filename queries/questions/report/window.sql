-- Where the data begin and end, in whole minutes; the window of a report counts back from the end.
-- Grain: one row.
select
    (select date_trunc('minute', min(s.first_sent_at)) from response_sums('hour') as s) as first_minute,
    date_trunc('minute', f.newest_event_at) + interval 1 minute as end_at,
    f.*
from freshness as f
