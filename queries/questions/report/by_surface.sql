-- Responses and errors of a window by surface.
-- Grain: one row per surface.
with

surfaces as (
    select
        m.surface,
        sum(m.responses)::bigint as responses,
        sum(m.unclassified)::bigint as unclassified,
        sum(m.errors)::bigint as errors,
        sum(m.logical_failures)::bigint as logical_failures,
        sum(m.operations)::bigint as operations,
        sum(m.failed_operations)::bigint as failed_operations
    from error_rate_by_minute as m
    where m.minute >= $since and m.minute < $until
    group by all
)

select
    s.*,
    s.errors / nullif(s.responses - s.unclassified, 0) as error_ratio,
    wilson_low(s.errors, s.responses - s.unclassified) as error_ratio_low,
    wilson_high(s.errors, s.responses - s.unclassified) as error_ratio_high
from surfaces as s
order by s.errors desc, s.surface
