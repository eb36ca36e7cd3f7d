-- Errors of one tenant by class, and its error ratio, over a window in buckets of some minutes.
-- Grain: one row per bucket, empty ones included.
-- Parameters: tenant, since, until, width_min
with

buckets as (
    select
        unnest(range(
            time_bucket(to_minutes($width_min::integer), $since::timestamp),
            $until::timestamp,
            to_minutes($width_min::integer)
        )) as bucket
),

summed as (
    select
        time_bucket(to_minutes($width_min::integer), s.starts_at) as bucket,
        sum(s.responses) as responses,
        sum(s.responses) filter (s.is_error is null) as unclassified,
        sum(s.responses) filter (s.is_error) as errors,
        sum(s.responses) filter (s.is_error and k.error_class in ('client', 'auth')) as client_errors,
        sum(s.responses) filter (s.is_error and k.error_class in ('platform', 'delivery')) as platform_errors,
        sum(s.responses) filter (s.is_error and k.error_class = 'capacity') as capacity_errors,
        sum(s.responses) filter (s.is_error and k.error_class is null) as unclassified_errors
    from response_sums('minute') as s
    left join error_codes as k on s.error_code = k.error_code
    where s.tenant_id = $tenant and s.starts_at >= $since and s.starts_at < $until
    group by all
),

filled as (
    select
        b.bucket,
        coalesce(s.responses, 0)::bigint as responses,
        coalesce(s.unclassified, 0)::bigint as unclassified,
        coalesce(s.errors, 0)::bigint as errors,
        coalesce(s.client_errors, 0)::bigint as client_errors,
        coalesce(s.platform_errors, 0)::bigint as platform_errors,
        coalesce(s.capacity_errors, 0)::bigint as capacity_errors,
        coalesce(s.unclassified_errors, 0)::bigint as unclassified_errors
    from buckets as b
    left join summed as s on b.bucket = s.bucket
)

select
    f.*,
    f.errors / nullif(f.responses - f.unclassified, 0) as error_ratio,
    wilson_low(f.errors, f.responses - f.unclassified) as error_ratio_low,
    wilson_high(f.errors, f.responses - f.unclassified) as error_ratio_high
from filled as f
order by f.bucket
