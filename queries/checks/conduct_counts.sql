-- The early retries and retries of final errors counted on operations are those the views list.
-- Next: if parameter early_tolerance_s was changed, build the database again from the logs; else report it.
with

counted as (
    select
        coalesce(sum(o.early_retries), 0) as early_retries,
        coalesce(sum(o.retries_of_final_errors), 0) as retries_of_final_errors
    from store.operation as o
),

listed as (
    select
        (select count(*) from early_retries) as early_retries,
        (select count(*) from retries_of_final_errors) as retries_of_final_errors
)

select
    c.early_retries as early_counted,
    l.early_retries as early_listed,
    c.retries_of_final_errors as final_counted,
    l.retries_of_final_errors as final_listed
from counted as c, listed as l
where
    c.early_retries != l.early_retries
    or c.retries_of_final_errors != l.retries_of_final_errors
