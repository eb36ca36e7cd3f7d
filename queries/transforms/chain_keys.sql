-- Chain keys whose operations must be numbered anew: those of new responses that share their key
-- with another response, and those of responses that were replaced. A key seen once needs nothing:
-- its response is an operation of its own.
create or replace temp table chain_key as
with fresh as (
    select distinct r.chain_key from store.response as r where r.batch_no = getvariable('batch_no')
)
select r.chain_key
from store.response as r
where
    r.received_at >= getvariable('chain_from_at')
    and r.received_at <= getvariable('chain_to_at')
    and r.chain_key in (select f.chain_key from fresh as f)
group by r.chain_key
having count(*) > 1
union
select p.chain_key from replaced_response as p;
