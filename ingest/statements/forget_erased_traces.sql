-- Traces of earlier sources that lost an event: they are merged anew from what is left of them.
insert into forgotten_trace
select distinct e.trace_id, e.occurred_at
from erased_event as e
where e.source_no < $before_source and e.trace_id is not null
