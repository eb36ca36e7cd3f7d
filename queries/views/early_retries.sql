-- Attempts sent sooner than the previous answer told the client to wait.
-- Grain: one row per attempt sent too early.
--
-- trace_id: the early attempt
-- occurred_at: when it was answered, UTC
-- tenant_id: caller
-- operation_id: operation it belongs to
-- chain_basis: evidence that it is a retry of the answer before
-- attempt: its position in the operation
-- previous_trace_id: the answer that told the client to wait
-- error_code: code of that answer
-- waited_s: from the previous answer to this request, seconds
-- told_to_wait_s: what the previous answer said, in its body, else in its header
-- succeeded: whether the early attempt succeeded; NULL if only the edge log saw it
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
    r.told_to_wait_s,
    not r.is_error as succeeded
from store.retry as r
where r.is_early
