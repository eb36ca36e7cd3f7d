-- Errors by code, most frequent first. `operations` are those whose first error with this code is here: those
-- of consecutive periods add up. Grain: one row per error code, one with NULL for errors without.
with

counted as (
    select
        s.error_code,
        sum(s.errors)::bigint as errors,
        sum(s.retryable_errors)::bigint as retryable_errors,
        sum(s.final_errors)::bigint as final_errors,
        sum(s.unsaid_errors)::bigint as unsaid_errors,
        sum(s.operations_met)::bigint as operations,
        max(s.last_sent_at) as last_seen_at,
        arg_max(s.last_trace_id, s.last_sent_at) as last_trace_id
    from sliced as s
    where s.is_error and s.starts_at >= $start
    group by s.error_code
)

select
    c.error_code,
    k.error_type,
    k.meaning,
    c.errors,
    c.errors / (sum(c.errors) over ())::bigint as share,
    c.* exclude (error_code, errors)
from counted as c
left join error_codes as k on c.error_code = k.error_code
order by c.errors desc, c.error_code
