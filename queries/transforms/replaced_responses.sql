-- Responses of touched traces, about to be merged anew: their chains may change.
create or replace temp table replaced_response as
select r.response_id, r.tenant_id, r.received_at, r.occurred_at, r.chain_key, r.operation_id
from store.response as r
where
    r.occurred_at >= getvariable('from_at')
    and r.occurred_at <= getvariable('to_at')
    and r.trace_id in (select t.trace_id from touched_trace as t);
