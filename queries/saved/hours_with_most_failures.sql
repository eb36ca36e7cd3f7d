-- The hours in which most operations failed in the end
select
    hour,
    sum(operations) as operations,
    sum(failed_operations) as failed,
    sum(failed_operations) / nullif(sum(operations), 0) as failed_ratio
from error_rate_hourly
group by hour
order by failed desc
limit 24
