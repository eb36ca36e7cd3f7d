-- The selection of the filter bar summed by step, and what counts as what: asked once, and kept in memory for the
-- cards, charts and tables of every page, which are sums of it. It begins with the period before, where there is one
-- to compare with. Operations still open are taken off the failed ones: nobody knows yet.
-- Grain: one row per step, surface and kind of answer (is_error, error_code, retryable), and one per open operation.
-- Parameters: those of `summed`; retryable (NULL: all errors); grain_s, the length of a step
with

counted as (
    select
        time_bucket(to_seconds($grain_s), s.starts_at, $start::timestamp) as starts_at,
        s.surface,
        s.is_error,
        s.error_code,
        s.retryable,
        sum(s.responses)::bigint as responses,
        sum(s.first_attempts)::bigint as operations,
        sum(s.first_of_code)::bigint as operations_met,
        case
            when $retryable::boolean is null
                then sum(s.failed_retryable + s.failed_final + s.failed_unsaid)
            when $retryable then sum(s.failed_retryable)
            else sum(s.failed_final)
        end::bigint as failed_operations,
        max(s.last_sent_at) as last_sent_at,
        arg_max(s.last_trace_id, s.last_sent_at) as last_trace_id
    from summed as s
    group by 1, 2, 3, 4, 5
    union all by name
    select
        time_bucket(to_seconds($grain_s), o.first_answered_at, $start::timestamp) as starts_at,
        o.surface,
        false as is_error,
        0 as responses,
        0 as operations,
        0 as operations_met,
        -1 as failed_operations
    from open_here as o
),

-- The rules are applied to these few rows, not to all that are summed.
told as (
    select
        c.* replace (
            case when c.surface in $documented::varchar[] then c.surface else 'other' end as surface,
            coalesce(c.is_error and ($retryable::boolean is null or c.retryable = $retryable), false)
                as is_error
        ),
        if(c.is_error is null, c.responses, 0) as unclassified
    from counted as c
)

select
    t.*,
    if(t.is_error, t.responses, 0) as errors,
    if(t.is_error and t.retryable, t.responses, 0) as retryable_errors,
    if(t.is_error and not t.retryable, t.responses, 0) as final_errors,
    if(t.is_error and t.retryable is null, t.responses, 0) as unsaid_errors,
    if(t.is_error and t.error_code = 4002, t.responses, 0) as refused,
    if(t.is_error and t.error_code = 4002, t.operations_met, 0) as refused_operations
from told as t
