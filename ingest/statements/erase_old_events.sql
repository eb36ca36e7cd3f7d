-- Events before the day up to which everything was pruned join those to erase.
insert into erased_event
select e.source_no, e.line_number, e.record_number, e.trace_id, e.tenant_id, e.occurred_at
from store.event as e
where e.source_no >= $first and e.occurred_at < $before::timestamp
