-- Errors by class and the error ratio over a window, in buckets of some minutes.
-- Grain: one row per bucket, empty ones included.
with

buckets as (
    select
        time_bucket(to_minutes($width_min::integer), m.minute) as bucket,
        sum(m.responses)::bigint as responses,
        sum(m.unclassified)::bigint as unclassified,
        sum(m.errors)::bigint as errors,
        sum(m.client_errors)::bigint as client_errors,
        sum(m.platform_errors)::bigint as platform_errors,
        sum(m.capacity_errors)::bigint as capacity_errors,
        sum(m.unclassified_errors)::bigint as unclassified_errors
    from error_rate_by_minute as m
    where m.minute >= $since and m.minute < $until
    group by all
)

select
    b.*,
    b.errors / nullif(b.responses - b.unclassified, 0) as error_ratio,
    wilson_low(b.errors, b.responses - b.unclassified) as error_ratio_low,
    wilson_high(b.errors, b.responses - b.unclassified) as error_ratio_high
from buckets as b
order by b.bucket
