-- The figures of the Overview's cards. Grain: one row.
with

-- An operation is named after its first attempt, and counts in the period of that attempt.
failed as (
    select o.operation_id
    from store.operation as o
    where
        not o.succeeded
        -- Received before it was sent, by less than a day: a longer one was rejected.
        and o.first_at >= $start::timestamp - interval 1 day
        and o.first_at < $end
        and operation_outcome(o.succeeded, o.last_retryable, o.closes_at)
            in ('gave_up', 'final_error')
        and ($retryable::boolean is null or o.last_retryable = $retryable)
),

counted as (
    select
        count(*) as responses,
        count(*) filter (not f.is_classified) as unclassified,
        count(*) filter (f.is_error) as errors,
        count(*) filter (f.is_error and not f.retryable) as final_errors,
        count(*) filter (f.is_error and f.error_code = 4002) as refused,
        count(distinct f.operation_id) filter (f.is_error and f.error_code = 4002)
            as refused_operations,
        count(*) filter (f.attempt = 1) as operations,
        count(o.operation_id) as failed_operations
    from filtered as f
    left join failed as o on f.response_id = o.operation_id
)

select
    c.*,
    c.errors / nullif(c.responses - c.unclassified, 0) as error_ratio,
    wilson_low(c.errors, c.responses - c.unclassified) as error_ratio_low,
    wilson_high(c.errors, c.responses - c.unclassified) as error_ratio_high,
    c.failed_operations / nullif(c.operations, 0) as failed_ratio
from counted as c
