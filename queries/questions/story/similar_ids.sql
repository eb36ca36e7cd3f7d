-- Trace ids that begin as the one asked for: people quote them cut short.
-- Grain: one row per trace id, at most five.
select distinct r.trace_id
from responses as r
where starts_with(r.trace_id, $id)
order by r.trace_id
limit 5
