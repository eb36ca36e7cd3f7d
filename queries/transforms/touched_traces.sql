-- Traces whose responses have to be merged anew, if there was anything before.
create or replace temp table touched_trace as
select distinct e.trace_id
from store.event as e
where
    e.source_no >= getvariable('first_source_no')
    and e.source_no < getvariable('next_source_no')
    and e.trace_id is not null
    and getvariable('has_earlier')
union
select f.trace_id
from forgotten_trace as f
