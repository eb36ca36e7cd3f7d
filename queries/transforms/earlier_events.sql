-- Earlier events of the same traces, near the new ones in time; usually few. Found once, since
-- batch_event is read several times.
create or replace temp table earlier_event as
select e.*
from store.event as e
where
    e.source_no < getvariable('first_source_no')
    and e.occurred_at >= getvariable('from_at')
    and e.occurred_at <= getvariable('to_at')
    and e.trace_id in (select t.trace_id from touched_trace as t)
    and slice_of(e.trace_id, getvariable('slices')) = getvariable('slice');
