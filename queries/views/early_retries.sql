-- Attempts sent sooner than the previous answer told the client to wait.
-- Grain: one row per attempt sent too early.
--
-- trace_id: the early attempt
-- occurred_at: when it was answered, UTC
-- tenant_id: caller
-- operation_id: operation it belongs to
-- attempt: its position in the operation
-- previous_trace_id: the answer that told the client to wait
-- error_code: code of that answer
-- waited_s: from the previous answer to this request, seconds
-- told_to_wait_s: what the previous answer said, in its body, else in its header
-- succeeded: whether the early attempt succeeded; NULL if only the edge log saw it
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
        lag(coalesce(r.retry_after_s, r.retry_after_header_s)) over chain as told_to_wait_s
    from store.response as r
    -- Few operations qualify, so few rows are sorted.
    where r.operation_id in (
        select o.operation_id from store.operation as o where o.early_retries > 0
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
    a.told_to_wait_s,
    not a.is_error as succeeded
from attempts as a
where a.waited_ms < (a.told_to_wait_s - parameter_value('early_tolerance_s')) * 1000
