-- After which errors did a retry help?
select
    first_error_code,
    count(*) as operations,
    count(*) filter (outcome = 'succeeded') as succeeded,
    count(*) filter (outcome = 'succeeded') / nullif(count(*) filter (outcome <> 'open'), 0) as succeeded_ratio
from operations
where attempts > 1 and first_error_code is not null
group by first_error_code
order by operations desc, first_error_code
