-- What nginx answered itself within a window.
-- Grain: one row per HTTP status.
select
    e.http_status,
    sum(e.responses)::bigint as responses
from edge_only_responses as e
where e.minute >= $since and e.minute < $until
group by all
order by responses desc, e.http_status
