-- Traces of this batch that no log answers. An answer that comes later takes the trace out again
-- (drop_replaced.sql); one so far off that it is no event of this batch, the view looks for.
insert into store.unanswered by name
select o.trace_id
from odd_trace as o
where
    o.may_be_unanswered
    and (
        o.events <= 5
        or not exists (
            select 1 from batch_event as e
            where e.trace_id = o.trace_id and e.kind in (1, 4, 5)
        )
    );
