-- Errors of one code through time, by surface; only steps that have any. Grain: one row per surface and step.
-- Parameters besides the filters: code (NULL: errors without one)
select
    f.surface,
    time_bucket(to_seconds($step_s), f.occurred_at, $start::timestamp) as starts_at,
    count(*) as errors,
    count(*) filter (f.retryable) as retryable_errors,
    count(*) filter (not f.retryable) as final_errors,
    count(*) filter (f.retryable is null) as unsaid_errors
from filtered as f
where f.is_error and f.error_code is not distinct from $code::integer
group by all
order by all
