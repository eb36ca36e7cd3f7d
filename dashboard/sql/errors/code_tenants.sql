-- The tenants that one code hit, most errors first. `operations` are those whose first error with this code is
-- here. Grain: one row per tenant.
-- Parameters besides the filters: code (NULL: errors without one)
select
    s.tenant_id,
    sum(s.responses)::bigint as errors,
    sum(s.first_of_code)::bigint as operations,
    max(s.last_sent_at) as last_seen_at,
    arg_max(s.last_trace_id, s.last_sent_at) as last_trace_id
from summed as s
where
    s.is_error
    and ($retryable::boolean is null or s.retryable = $retryable)
    and s.error_code is not distinct from $code::integer
group by all
order by errors desc, s.tenant_id
