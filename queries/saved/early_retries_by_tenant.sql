-- Who comes back before the time they were told
select
    tenant_id,
    count(*) as early_retries,
    median(waited_s) as median_waited_s,
    median(told_to_wait_s) as median_told_s,
    count(*) filter (succeeded) as succeeded,
    max(trace_id) as one_of_them
from early_retries
group by tenant_id
order by early_retries desc
