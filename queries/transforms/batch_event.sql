-- The events that decide the responses of this batch: the new ones, and earlier ones of the same
-- traces near them in time. One slice of the traces at a time, so that memory stays bounded.
create or replace temp view batch_event as
select
    event_row(e.source_no, e.line_number, e.record_number) as event_row,
    true as is_new,
    case e.kind when 1 then 1 when 2 then 100 when 3 then 10000 when 4 then 1000000 else 100000000 end as digit,
    e.*
from store.event as e
where
    e.source_no >= getvariable('first_source_no')
    and e.source_no < getvariable('next_source_no')
    and e.trace_id is not null
    and e.reject_reason is null
    and slice_of(e.trace_id, getvariable('slices')) = getvariable('slice')
union all
select
    event_row(e.source_no, e.line_number, e.record_number) as event_row,
    false as is_new,
    case e.kind when 1 then 1 when 2 then 100 when 3 then 10000 when 4 then 1000000 else 100000000 end as digit,
    e.*
from earlier_event as e;
