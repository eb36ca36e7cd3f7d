-- Earlier events of the same traces, near the new ones in time; usually few, and in few row groups:
-- so traces and times are read first, and all columns only between the first and the last of them.
-- Found once, since batch_event is read several times.
create or replace temp table earlier_event as
with near as materialized (
    select e.trace_id, e.occurred_at
    from store.event as e
    where
        e.source_no < getvariable('first_source_no')
        and e.occurred_at >= getvariable('from_at')
        and e.occurred_at <= getvariable('to_at')
        and e.trace_id in (select t.trace_id from touched_trace as t)
        and slice_of(e.trace_id, getvariable('slices')) = getvariable('slice')
)

select e.*
from store.event as e
where
    e.source_no < getvariable('first_source_no')
    and e.occurred_at >= (select min(n.occurred_at) from near as n)
    and e.occurred_at <= (select max(n.occurred_at) from near as n)
    and e.trace_id in (select n.trace_id from near as n);
