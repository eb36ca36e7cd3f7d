-- A request without an answer in any log.
-- Grain: one row; none if there is an answer, or no such trace.
select *
from unanswered_requests as u
where u.trace_id = $id
