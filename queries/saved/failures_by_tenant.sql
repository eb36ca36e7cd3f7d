-- Who is left with failed operations, and on which code
select
    tenant_id,
    last_error_code,
    count(*) as operations,
    sum(attempts) as attempts,
    max(last_at) as last_at
from operations
where outcome in ('gave_up', 'final_error')
group by tenant_id, last_error_code
order by operations desc
limit 100
