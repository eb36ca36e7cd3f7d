-- Responses, errors and operations counted by a unit of time ('minute', 'hour', 'day') and surface: only
-- periods that have any. The error rates are computed from these whole numbers.
-- Use: select * from error_counts('day').
-- Parameters: unit
with

failed_operations as (
    select o.operation_id
    from store.operation as o
    where
        not o.succeeded
        and operation_outcome(o.succeeded, o.last_retryable, o.closes_at)
            in ('gave_up', 'final_error')
),

-- Counted by code first, so that the catalogue meets hundreds of rows and not millions.
counted as (
    select
        date_trunc(unit, r.occurred_at) as period,
        r.surface,
        r.error_code,
        count(*) as responses,
        count(*) - count(r.is_error) as unclassified,
        count(*) filter (r.is_error) as errors,
        count(*) filter (r.attempt = 1) as operations,
        count(f.operation_id) as failed_operations,
        count(*) filter (r.is_error and r.http_status between 200 and 299) as logical_failures
    from store.response as r
    -- An operation is named after its first attempt: this meets no other attempt.
    left join failed_operations as f on r.response_id = f.operation_id
    group by all
),

final as (
    select
        c.period,
        c.surface,
        sum(c.responses)::bigint as responses,
        sum(c.unclassified)::bigint as unclassified,
        sum(c.errors)::bigint as errors,
        sum(c.operations)::bigint as operations,
        sum(c.failed_operations)::bigint as failed_operations,
        coalesce(sum(c.errors) filter (k.error_class in ('client', 'auth')), 0)::bigint
            as client_errors,
        coalesce(sum(c.errors) filter (k.error_class in ('platform', 'delivery')), 0)::bigint
            as platform_errors,
        coalesce(sum(c.errors) filter (k.error_class = 'capacity'), 0)::bigint
            as capacity_errors,
        coalesce(sum(c.errors) filter (k.error_class is null), 0)::bigint
            as unclassified_errors,
        sum(c.logical_failures)::bigint as logical_failures
    from counted as c
    left join store.error_code as k on c.error_code = k.error_code
    group by all
)

select * from final
