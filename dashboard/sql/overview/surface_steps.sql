-- Responses and errors by surface through time, only steps that have any. Grain: one row per surface and
-- step, and one per surface with starts_at NULL for the whole period.
with

counted as (
    select
        s.surface,
        time_bucket(to_seconds($step_s), s.starts_at, $start::timestamp) as starts_at,
        sum(s.responses)::bigint as responses,
        sum(s.unclassified)::bigint as unclassified,
        sum(s.errors)::bigint as errors,
        sum(s.retryable_errors)::bigint as retryable_errors,
        sum(s.final_errors)::bigint as final_errors,
        sum(s.unsaid_errors)::bigint as unsaid_errors
    from sliced as s
    where s.starts_at >= $start and s.responses > 0
    group by grouping sets ((1), (1, 2))
)

select
    c.*,
    c.errors / nullif(c.responses - c.unclassified, 0) as error_ratio,
    wilson_low(c.errors, c.responses - c.unclassified) as error_ratio_low,
    wilson_high(c.errors, c.responses - c.unclassified) as error_ratio_high
from counted as c
order by c.surface, c.starts_at nulls first
