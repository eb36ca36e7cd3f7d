-- Chert's ids of the traces whose events bear another id, with the time of the first.
-- Grain: one row per trace id, at most ten.
select
    e.trace_id,
    min(e.occurred_at) as first_at
from trace($id) as e
where e.trace_id is not null
group by e.trace_id
order by first_at, e.trace_id
limit 10
