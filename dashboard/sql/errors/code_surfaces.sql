-- Errors of one code through time, by surface; only steps that have any. Grain: one row per surface and step.
-- Parameters besides the filters: code (NULL: errors without one)
select
    s.surface,
    s.starts_at,
    sum(s.errors)::bigint as errors,
    sum(s.retryable_errors)::bigint as retryable_errors,
    sum(s.final_errors)::bigint as final_errors,
    sum(s.unsaid_errors)::bigint as unsaid_errors
from sliced as s
where s.is_error and s.starts_at >= $start and s.error_code is not distinct from $code::integer
group by all
order by all
