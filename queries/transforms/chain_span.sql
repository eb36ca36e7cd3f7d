-- The time that new responses, and those they replace, cover.
select min(received_at), max(received_at)
from (
    select r.received_at from store.response as r where r.batch_no = getvariable('batch_no')
    union all
    select p.received_at from replaced_response as p
) as span
