-- Traces of which something was forgotten may have lost their only answer, and the requests that
-- are left may lie far off this batch.
insert into store.unanswered by name
select f.trace_id
from forgotten_trace as f
where
    f.trace_id not in (
        select r.trace_id from store.response as r
        where r.trace_id in (select o.trace_id from forgotten_trace as o)
    )
    and f.trace_id in (
        select e.trace_id from store.event as e
        where e.trace_id in (select o.trace_id from forgotten_trace as o)
    );
