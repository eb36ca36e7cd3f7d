-- Attempts made although the previous answer said retryable = false: the same request cannot succeed.
-- Grain: one row per attempt after a final error.
--
-- trace_id: the attempt
-- occurred_at: when it was answered, UTC
-- tenant_id: caller
-- operation_id: operation it belongs to
-- attempt: its position in the operation
-- previous_trace_id: the final error
-- error_code: code of the final error
-- waited_s: from the final error to this request, seconds
-- excusable: after 1012, 2008 or 2010 and a wait of excusable_after_s or more: the reference says wait,
--   or connect, then retry
-- succeeded: whether the attempt succeeded; NULL if only the edge log saw it
with

attempts as (
    select
        r.trace_id,
        r.occurred_at,
        r.tenant_id,
        r.operation_id,
        r.attempt,
        r.is_error,
        r.waited_ms,
        lag(r.trace_id) over chain as previous_trace_id,
        lag(r.error_code) over chain as error_code,
        lag(not r.retryable) over chain as is_after_final_error
    from store.response as r
    -- Few operations qualify, so few rows are sorted.
    where r.operation_id in (
        select o.operation_id from store.operation as o where o.retries_of_final_errors > 0
    )
    window chain as (partition by r.operation_id order by r.attempt)
)

select
    a.trace_id,
    a.occurred_at,
    a.tenant_id,
    printf('%016x', a.operation_id) as operation_id,
    least(a.attempt, 32767)::smallint as attempt,
    a.previous_trace_id,
    a.error_code,
    a.waited_ms / 1000 as waited_s,
    coalesce(
        a.error_code in (1012, 2008, 2010)
        and a.waited_ms >= parameter_value('excusable_after_s') * 1000,
        false
    ) as excusable,
    not a.is_error as succeeded
from attempts as a
where a.is_after_final_error
