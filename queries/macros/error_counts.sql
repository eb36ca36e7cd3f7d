-- Responses, errors and operations counted by a unit of time ('minute', 'hour', 'day') and surface: only
-- periods that have any. The error rates are computed from these whole numbers.
-- Use: select * from error_counts('day').
-- Parameters: unit
with

still_open as (
    select
        date_trunc(unit, o.first_answered_at) as period,
        o.surface,
        count(*) as operations
    from open_operations as o
    group by all
),

-- Counted by code first, so that the catalogue meets hundreds of rows and not millions.
counted as (
    select
        date_trunc(unit, s.starts_at) as period,
        s.surface,
        s.is_error,
        s.error_code,
        sum(s.responses) as responses,
        sum(s.first_attempts) as operations,
        sum(s.failed_retryable + s.failed_final + s.failed_unsaid) as unsuccessful_operations,
        sum(s.logical_failures) as logical_failures
    from response_sums(case when unit = 'minute' then 'minute' else 'hour' end) as s
    group by all
),

summed as (
    select
        c.period,
        c.surface,
        sum(c.responses)::bigint as responses,
        coalesce(sum(c.responses) filter (c.is_error is null), 0)::bigint as unclassified,
        coalesce(sum(c.responses) filter (c.is_error), 0)::bigint as errors,
        sum(c.operations)::bigint as operations,
        sum(c.unsuccessful_operations)::bigint as unsuccessful_operations,
        coalesce(sum(c.responses) filter (c.is_error and k.error_class in ('client', 'auth')), 0)::bigint
            as client_errors,
        coalesce(sum(c.responses) filter (c.is_error and k.error_class in ('platform', 'delivery')), 0)::bigint
            as platform_errors,
        coalesce(sum(c.responses) filter (c.is_error and k.error_class = 'capacity'), 0)::bigint
            as capacity_errors,
        coalesce(sum(c.responses) filter (c.is_error and k.error_class is null), 0)::bigint
            as unclassified_errors,
        sum(c.logical_failures)::bigint as logical_failures
    from counted as c
    left join store.error_code as k on c.error_code = k.error_code
    group by all
),

final as (
    select
        s.period,
        s.surface,
        s.responses,
        s.unclassified,
        s.errors,
        s.operations,
        s.unsuccessful_operations - coalesce(o.operations, 0) as failed_operations,
        s.client_errors,
        s.platform_errors,
        s.capacity_errors,
        s.unclassified_errors,
        s.logical_failures
    from summed as s
    left join still_open as o on s.period = o.period and s.surface = o.surface
)

select * from final
