-- Errors by code, most frequent first. `operations` are those whose first error with this code is here: those
-- of consecutive periods add up. Grain: one row per error code, one with NULL for errors without.
with

counted as (
    select
        s.error_code,
        sum(s.responses)::bigint as errors,
        coalesce(sum(s.responses) filter (s.retryable), 0)::bigint as retryable_errors,
        coalesce(sum(s.responses) filter (not s.retryable), 0)::bigint as final_errors,
        coalesce(sum(s.responses) filter (s.retryable is null), 0)::bigint as unsaid_errors,
        sum(s.operations_met)::bigint as operations,
        count(distinct s.tenant_id) as tenants,
        max(s.last_sent_at) as last_seen_at,
        arg_max(s.last_trace_id, s.last_sent_at) as last_trace_id
    from summed as s
    where s.is_error
    group by all
)

select
    c.error_code,
    k.error_type,
    k.meaning,
    c.errors,
    c.errors / (sum(c.errors) over ())::bigint as share,
    c.retryable_errors,
    c.final_errors,
    c.unsaid_errors,
    c.operations,
    c.tenants,
    c.last_seen_at,
    c.last_trace_id
from counted as c
left join error_codes as k on c.error_code = k.error_code
order by c.errors desc, c.error_code
