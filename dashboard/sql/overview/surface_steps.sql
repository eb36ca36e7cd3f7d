-- Responses and errors by surface through time, only steps that have any. Grain: one row per surface and
-- step, and one per surface with starts_at NULL for the whole period.
with

counted as (
    select
        s.surface,
        time_bucket(to_seconds($step_s), s.starts_at, $start::timestamp) as starts_at,
        sum(s.responses)::bigint as responses,
        sum(s.unclassified)::bigint as unclassified,
        coalesce(sum(s.responses) filter (s.is_error), 0)::bigint as errors,
        coalesce(sum(s.responses) filter (s.is_error and s.retryable), 0)::bigint as retryable_errors,
        coalesce(sum(s.responses) filter (s.is_error and not s.retryable), 0)::bigint as final_errors,
        coalesce(sum(s.responses) filter (s.is_error and s.retryable is null), 0)::bigint as unsaid_errors
    from summed as s
    group by grouping sets ((1), (1, 2))
)

select
    c.*,
    c.errors / nullif(c.responses - c.unclassified, 0) as error_ratio,
    wilson_low(c.errors, c.responses - c.unclassified) as error_ratio_low,
    wilson_high(c.errors, c.responses - c.unclassified) as error_ratio_high
from counted as c
order by c.surface, c.starts_at nulls first
