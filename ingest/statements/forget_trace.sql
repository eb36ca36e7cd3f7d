-- A trace that lost an event: it is merged anew.
insert into forgotten_trace select $trace_id, $occurred_at where $trace_id is not null
