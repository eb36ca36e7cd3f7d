-- Which errors does a customer get, and when was the last?
-- Parameters: tenant = tenant-06
select
    r.error_code,
    c.error_type,
    count(*) as errors,
    max(r.occurred_at) as last_at,
    arg_max(r.trace_id, r.occurred_at) as last_trace_id,
    any_value(c.action) as action
from responses as r
left join error_codes as c on c.error_code = r.error_code
where r.is_error and r.tenant_id = $tenant
group by r.error_code, c.error_type
order by errors desc, r.error_code
