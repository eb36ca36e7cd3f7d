-- Who runs into the rate limit?
select
    tenant_id,
    count(*) as refusals,
    median(coalesce(retry_after_s, retry_after_header_s)) as told_to_wait_s,
    max(occurred_at) as last_at
from responses
where error_code = 1007
group by tenant_id
order by refusals desc, tenant_id
