-- The headline numbers of a window.
-- Grain: one row.
with

totals as (
    select
        coalesce(sum(m.responses), 0)::bigint as responses,
        coalesce(sum(m.unclassified), 0)::bigint as unclassified,
        coalesce(sum(m.errors), 0)::bigint as errors,
        coalesce(sum(m.logical_failures), 0)::bigint as logical_failures,
        coalesce(sum(m.operations), 0)::bigint as operations,
        coalesce(sum(m.failed_operations), 0)::bigint as failed_operations
    from error_rate_by_minute as m
    where m.minute >= $since and m.minute < $until
)

select
    t.*,
    t.errors / nullif(t.responses - t.unclassified, 0) as error_ratio,
    wilson_low(t.errors, t.responses - t.unclassified) as error_ratio_low,
    wilson_high(t.errors, t.responses - t.unclassified) as error_ratio_high
from totals as t
