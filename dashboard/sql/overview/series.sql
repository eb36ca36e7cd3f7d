-- The same figures through time. Grain: one row per step of the period. Inside the data, a step without
-- responses counts 0 and has no ratio; outside of them all figures are NULL: nothing is known.
-- Parameters besides the filters: step_s, first_at, last_at (the data's reach)
with

steps as (
    select unnest(range($start::timestamp, $end::timestamp, to_seconds($step_s))) as starts_at
),

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
        time_bucket(to_seconds($step_s), f.occurred_at, $start::timestamp) as starts_at,
        count(*) as responses,
        count(*) filter (not f.is_classified) as unclassified,
        count(*) filter (f.is_error) as errors,
        count(*) filter (f.is_error and f.retryable) as retryable_errors,
        count(*) filter (f.is_error and not f.retryable) as final_errors,
        count(*) filter (f.is_error and f.retryable is null) as unsaid_errors,
        count(*) filter (f.is_error and f.error_code = 4002) as refused,
        count(o.operation_id) as failed_operations
    from filtered as f
    left join failed as o on f.response_id = o.operation_id
    group by all
),

filled as (
    select
        s.starts_at,
        s.starts_at + to_seconds($step_s) > $first_at::timestamp
            and s.starts_at <= $last_at::timestamp as is_known,
        coalesce(c.responses, 0) as responses,
        coalesce(c.unclassified, 0) as unclassified,
        coalesce(c.errors, 0) as errors,
        coalesce(c.retryable_errors, 0) as retryable_errors,
        coalesce(c.final_errors, 0) as final_errors,
        coalesce(c.unsaid_errors, 0) as unsaid_errors,
        coalesce(c.refused, 0) as refused,
        coalesce(c.failed_operations, 0) as failed_operations
    from steps as s
    left join counted as c on s.starts_at = c.starts_at
)

select
    f.starts_at,
    if(f.is_known, f.responses, null) as responses,
    if(f.is_known, f.unclassified, null) as unclassified,
    if(f.is_known, f.errors, null) as errors,
    if(f.is_known, f.retryable_errors, null) as retryable_errors,
    if(f.is_known, f.final_errors, null) as final_errors,
    if(f.is_known, f.unsaid_errors, null) as unsaid_errors,
    if(f.is_known, f.refused, null) as refused,
    if(f.is_known, f.failed_operations, null) as failed_operations,
    f.errors / nullif(f.responses - f.unclassified, 0) as error_ratio,
    wilson_low(f.errors, f.responses - f.unclassified) as error_ratio_low,
    wilson_high(f.errors, f.responses - f.unclassified) as error_ratio_high
from filled as f
order by f.starts_at
