-- The same figures through time. Grain: one row per step of the period. Inside the data, a step without
-- responses counts 0 and has no ratio; outside of them all figures are NULL: nothing is known.
-- Parameters besides the filters: step_s, first_at, last_at (the data's reach)
with

counted as (
    select
        t.starts_at,
        if(t.is_known, coalesce(sum(s.responses), 0)::bigint, null) as responses,
        if(t.is_known, coalesce(sum(s.unclassified), 0)::bigint, null) as unclassified,
        if(t.is_known, coalesce(sum(s.errors), 0)::bigint, null) as errors,
        if(t.is_known, coalesce(sum(s.retryable_errors), 0)::bigint, null) as retryable_errors,
        if(t.is_known, coalesce(sum(s.final_errors), 0)::bigint, null) as final_errors,
        if(t.is_known, coalesce(sum(s.unsaid_errors), 0)::bigint, null) as unsaid_errors,
        if(t.is_known, coalesce(sum(s.refused), 0)::bigint, null) as refused,
        if(t.is_known, coalesce(sum(s.failed_operations), 0)::bigint, null) as failed_operations
    from steps as t
    left join sliced as s on t.starts_at = s.starts_at
    group by t.starts_at, t.is_known
)

select
    c.*,
    c.errors / nullif(c.responses - c.unclassified, 0) as error_ratio,
    wilson_low(c.errors, c.responses - c.unclassified) as error_ratio_low,
    wilson_high(c.errors, c.responses - c.unclassified) as error_ratio_high
from counted as c
order by c.starts_at
