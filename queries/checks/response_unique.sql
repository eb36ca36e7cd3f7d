-- Every response is stored once.
-- Next: build the database again from the logs: the same responses were merged twice.
select
    printf('%016x', r.response_id) as response_id,
    count(*) as responses,
    min(r.trace_id) as trace_id
from store.response as r
group by r.response_id
having count(*) > 1
