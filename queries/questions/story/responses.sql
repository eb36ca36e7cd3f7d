-- The responses that bear a trace_id: one, unless short ids collided.
-- Grain: one row per response.
select *
from responses as r
where r.trace_id = $id
order by r.occurred_at, r.response_id
