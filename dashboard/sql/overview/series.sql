-- The same figures through time. Grain: one row per step of the period. Inside the data, a step without
-- responses counts 0 and has no ratio; outside of them all figures are NULL: nothing is known.
-- Parameters besides the filters: step_s, first_at, last_at (the data's reach)
with

steps as (
    select unnest(range($start::timestamp, $end::timestamp, to_seconds($step_s))) as starts_at
),

counted as (
    select
        time_bucket(to_seconds($step_s), s.starts_at, $start::timestamp) as starts_at,
        sum(s.responses)::bigint as responses,
        sum(s.unclassified)::bigint as unclassified,
        coalesce(sum(s.responses) filter (s.is_error), 0)::bigint as errors,
        coalesce(sum(s.responses) filter (s.is_error and s.retryable), 0)::bigint as retryable_errors,
        coalesce(sum(s.responses) filter (s.is_error and not s.retryable), 0)::bigint as final_errors,
        coalesce(sum(s.responses) filter (s.is_error and s.retryable is null), 0)::bigint as unsaid_errors,
        coalesce(sum(s.responses) filter (s.is_error and s.error_code = 4002), 0)::bigint as refused,
        sum(s.unsuccessful_operations)::bigint as unsuccessful_operations
    from summed as s
    group by all
),

still_open as (
    select
        time_bucket(to_seconds($step_s), o.first_answered_at, $start::timestamp) as starts_at,
        count(*) as operations
    from open_here as o
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
        coalesce(c.unsuccessful_operations, 0) - coalesce(o.operations, 0) as failed_operations
    from steps as s
    left join counted as c on s.starts_at = c.starts_at
    left join still_open as o on s.starts_at = o.starts_at
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
