-- The tenants that one code hit, most errors first. Grain: one row per tenant.
-- Parameters besides the filters: code (NULL: errors without one)
select
    f.tenant_id,
    count(*) as errors,
    count(distinct f.operation_id) as operations,
    max(f.occurred_at) as last_seen_at,
    arg_max(f.trace_id, f.occurred_at) as last_trace_id
from filtered as f
where f.is_error and f.error_code is not distinct from $code::integer
group by all
order by errors desc, f.tenant_id
