-- Traces that are not simply one line of each kind: repeated lines, ids shared by tenants, ids used
-- again later, several answers under one id. All others go straight to merge_responses.sql.
-- Kinds are counted as digits of one number, because a hash table of millions of traces has to fit
-- in memory: sent 1, received 100, other app events 10^4, edge 10^6, OTLP 10^8.
create or replace temp table irregular_trace as
select e.trace_id
from batch_event as e
group by e.trace_id
having
    count(*) > 5
    or sum(e.digit) % 100 > 1
    or sum(e.digit) // 100 % 100 > 1
    or sum(e.digit) // 10000 % 100 > 1
    or sum(e.digit) // 1000000 % 100 > 1
    or sum(e.digit) // 100000000 > 1
    or min(e.tenant_id) <> max(e.tenant_id)
    or max(us(e.occurred_at)) - min(us(e.occurred_at)) > 900000000;
