-- The figures of the Overview's cards, of the period and of the one before it. Grain: one row per period.
-- An operation is named after its first attempt, and counts in the period in which that was answered.
with

counted as (
    select
        p.is_before,
        coalesce(sum(s.responses), 0)::bigint as responses,
        coalesce(sum(s.unclassified), 0)::bigint as unclassified,
        coalesce(sum(s.errors), 0)::bigint as errors,
        coalesce(sum(s.final_errors), 0)::bigint as final_errors,
        coalesce(sum(s.refused), 0)::bigint as refused,
        coalesce(sum(s.refused_operations), 0)::bigint as refused_operations,
        coalesce(sum(s.operations), 0)::bigint as operations,
        coalesce(sum(s.failed_operations), 0)::bigint as failed_operations
    from (values (false), (true)) as p (is_before)
    left join sliced as s on p.is_before = (s.starts_at < $start)
    group by all
)

select
    c.*,
    c.errors / nullif(c.responses - c.unclassified, 0) as error_ratio,
    wilson_low(c.errors, c.responses - c.unclassified) as error_ratio_low,
    wilson_high(c.errors, c.responses - c.unclassified) as error_ratio_high,
    c.failed_operations / nullif(c.operations, 0) as failed_ratio
from counted as c
order by c.is_before
