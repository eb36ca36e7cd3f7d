-- Errors of one code through time, by surface; only steps that have any. Grain: one row per surface and step.
-- Parameters besides the filters: code (NULL: errors without one)
select
    s.surface,
    time_bucket(to_seconds($step_s), s.starts_at, $start::timestamp) as starts_at,
    sum(s.responses)::bigint as errors,
    coalesce(sum(s.responses) filter (s.retryable), 0)::bigint as retryable_errors,
    coalesce(sum(s.responses) filter (not s.retryable), 0)::bigint as final_errors,
    coalesce(sum(s.responses) filter (s.retryable is null), 0)::bigint as unsaid_errors
from summed as s
where s.is_error and s.error_code is not distinct from $code::integer
group by all
order by all
