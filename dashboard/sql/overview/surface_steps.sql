-- Responses and errors by surface through time, only steps that have any. Grain: one row per surface and
-- step, and one per surface with starts_at NULL for the whole period.
select
    f.surface,
    time_bucket(to_seconds($step_s), f.occurred_at, $start::timestamp) as starts_at,
    count(*) as responses,
    count(*) filter (not f.is_classified) as unclassified,
    count(*) filter (f.is_error) as errors,
    count(*) filter (f.is_error and f.retryable) as retryable_errors,
    count(*) filter (f.is_error and not f.retryable) as final_errors,
    count(*) filter (f.is_error and f.retryable is null) as unsaid_errors,
    count(*) filter (f.is_error) / nullif(count(*) filter (f.is_classified), 0) as error_ratio,
    wilson_low(count(*) filter (f.is_error), count(*) filter (f.is_classified)) as error_ratio_low,
    wilson_high(count(*) filter (f.is_error), count(*) filter (f.is_classified))
        as error_ratio_high
from filtered as f
group by grouping sets ((1), (1, 2))
order by f.surface, starts_at nulls first
