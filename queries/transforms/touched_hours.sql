-- Hours of each tenant in which anything changed: new responses, those they replace, and all attempts
-- of operations that were numbered anew. Whatever is summed by hour or minute is refreshed for them.
create or replace temp table touched_hour as
with changed as (
    select r.tenant_id, us(r.received_at) as received_us, us(r.occurred_at) as answered_us
    from store.response as r
    where r.batch_no = getvariable('batch_no')
    union all
    select p.tenant_id, us(p.received_at) as received_us, us(p.occurred_at) as answered_us
    from replaced_response as p
    union all
    select n.tenant_id, n.received_us, n.answered_us
    from chain_number as n
    where n.is_touched
)
select distinct c.tenant_id, moment_of(c.received_us // 3600000000 * 3600000000) as hour
from changed as c
union
select distinct c.tenant_id, moment_of(c.answered_us // 3600000000 * 3600000000) as hour
from changed as c;
