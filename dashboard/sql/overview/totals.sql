-- The figures of the Overview's cards. Grain: one row.
-- An operation is named after its first attempt, and counts in the period in which that was answered.
with

counted as (
    select
        coalesce(sum(s.responses), 0)::bigint as responses,
        coalesce(sum(s.unclassified), 0)::bigint as unclassified,
        coalesce(sum(s.responses) filter (s.is_error), 0)::bigint as errors,
        coalesce(sum(s.responses) filter (s.is_error and not s.retryable), 0)::bigint as final_errors,
        coalesce(sum(s.responses) filter (s.is_error and s.error_code = 4002), 0)::bigint as refused,
        coalesce(sum(s.operations_met) filter (s.is_error and s.error_code = 4002), 0)::bigint
            as refused_operations,
        coalesce(sum(s.operations), 0)::bigint as operations,
        coalesce(sum(s.unsuccessful_operations), 0)::bigint - (select count(*) from open_here)
            as failed_operations
    from summed as s
)

select
    c.*,
    c.errors / nullif(c.responses - c.unclassified, 0) as error_ratio,
    wilson_low(c.errors, c.responses - c.unclassified) as error_ratio_low,
    wilson_high(c.errors, c.responses - c.unclassified) as error_ratio_high,
    c.failed_operations / nullif(c.operations, 0) as failed_ratio
from counted as c
