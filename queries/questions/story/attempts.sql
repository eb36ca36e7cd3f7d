-- Every attempt of an operation, with how long the client waited and what it had been told.
-- Grain: one row per attempt.
with

attempts as (
    select
        printf('%016x', r.response_id) as response_id,
        r.trace_id,
        r.attempt,
        r.received_at,
        r.occurred_at,
        r.http_status,
        r.is_error,
        r.error_code,
        r.retryable,
        r.waited_ms / 1000 as waited_s,
        lag(coalesce(r.retry_after_s, r.retry_after_header_s)) over (order by r.attempt)
            as told_to_wait_s
    from store.response as r
    where r.operation_id = ('0x' || $operation_id)::ubigint
)

select
    *,
    coalesce(a.waited_s < a.told_to_wait_s - parameter_value('early_tolerance_s'), false)
        as is_early
from attempts as a
order by a.attempt
