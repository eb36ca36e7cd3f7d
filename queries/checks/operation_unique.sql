-- Every operation is stored once.
-- Next: build the database again from the logs: a chain was rebuilt without removing the old one.
select
    printf('%016x', o.operation_id) as operation_id,
    count(*) as operations
from store.operation as o
group by o.operation_id
having count(*) > 1
