-- Every attempt after the first of its operation is listed as a retry, and nothing else is.
-- Next: build the database again from the logs, and report this.
with

counted as (
    select
        (select count(*) from store.response as r where r.attempt > 1) as responses,
        (select coalesce(sum(o.attempts - 1), 0) from store.operation as o) as operations,
        (select count(*) from store.retry) as listed
)

select * from counted as c where c.listed != c.responses or c.listed != c.operations
