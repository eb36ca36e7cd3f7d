-- Who sends most, and how much of it fails?
select
    tenant_id,
    count(*) as responses,
    count(*) filter (is_error) as errors,
    count(*) filter (is_error) / nullif(count(is_error), 0) as error_ratio
from responses
group by tenant_id
order by responses desc, tenant_id
