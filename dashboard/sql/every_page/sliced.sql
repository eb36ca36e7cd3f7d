-- The selection of the filter bar summed by step, and what counts as what: asked once, and kept in memory for the
-- cards, charts and tables of every page, which are sums of it. It begins with the period before, where there is one
-- to compare with. Operations still open are taken off the failed ones: nobody knows yet.
-- Grain: one row per step, surface and kind of answer (is_error, error_code, retryable), and one per open operation.
-- Parameters: those of `summed`, and grain_s, the length of a step
with

selected as (
    select
        time_bucket(to_seconds($grain_s), s.starts_at, $start::timestamp) as starts_at,
        s.surface,
        s.is_error,
        s.error_code,
        s.retryable,
        sum(s.responses)::bigint as responses,
        sum(s.unclassified)::bigint as unclassified,
        sum(s.operations)::bigint as operations,
        sum(s.operations_met)::bigint as operations_met,
        sum(s.unsuccessful_operations)::bigint as failed_operations,
        max(s.last_sent_at) as last_sent_at,
        arg_max(s.last_trace_id, s.last_sent_at) as last_trace_id
    from summed as s
    group by all
    union all by name
    select
        time_bucket(to_seconds($grain_s), o.first_answered_at, $start::timestamp) as starts_at,
        o.surface,
        false as is_error,
        0 as responses,
        0 as unclassified,
        0 as operations,
        0 as operations_met,
        -1 as failed_operations
    from open_here as o
)

select
    s.*,
    if(s.is_error, s.responses, 0) as errors,
    if(s.is_error and s.retryable, s.responses, 0) as retryable_errors,
    if(s.is_error and not s.retryable, s.responses, 0) as final_errors,
    if(s.is_error and s.retryable is null, s.responses, 0) as unsaid_errors,
    if(s.is_error and s.error_code = 4002, s.responses, 0) as refused,
    if(s.is_error and s.error_code = 4002, s.operations_met, 0) as refused_operations
from selected as s
