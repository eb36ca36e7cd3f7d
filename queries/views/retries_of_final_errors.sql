-- Attempts made although the previous answer said retryable = false: the same request cannot succeed.
-- Grain: one row per attempt after a final error.
--
-- trace_id: the attempt
-- occurred_at: when it was answered, UTC
-- tenant_id: caller
-- operation_id: operation it belongs to
-- chain_basis: evidence that it is a retry of the answer before
-- attempt: its position in the operation
-- previous_trace_id: the final error
-- error_code: code of the final error
-- waited_s: from the final error to this request, seconds
-- excusable: after 1012, 2008 or 2010 and a wait of excusable_after_s or more: the reference says wait,
--   or connect, then retry
-- succeeded: whether the attempt succeeded; NULL if only the edge log saw it
select
    r.trace_id,
    r.occurred_at,
    r.tenant_id,
    printf('%016x', r.operation_id) as operation_id,
    r.chain_basis,
    least(r.attempt, 32767)::smallint as attempt,
    r.previous_trace_id,
    r.previous_error_code as error_code,
    r.waited_ms / 1000 as waited_s,
    coalesce(
        r.previous_error_code in (1012, 2008, 2010)
        and r.waited_ms >= parameter_value('excusable_after_s') * 1000,
        false
    ) as excusable,
    not r.is_error as succeeded
from store.retry as r
where not r.previous_retryable
