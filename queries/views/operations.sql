-- Logical requests: the chain of attempts a client made for the same intent.
-- Grain: one row per operation.
--
-- operation_id: names the operation (response_id of its first attempt), 16 hex digits
-- tenant_id: caller
-- surface: API surface of the first attempt
-- http_route: route template of the first attempt
-- chain_basis: evidence for the chain: idempotency_key, attempt_header, fingerprint or weak_fingerprint
-- attempts: number of attempts
-- first_at: when the first attempt was received, UTC
-- last_at: when the last answer was sent, UTC
-- outcome: succeeded; open while another attempt would still belong to it; else final_error if the last
--   retryable is false, gave_up if it is true or lost; NULL if only the edge log saw the last answer
-- first_error_code: code of the first error
-- last_error_code: code of the last error
-- early_retries: attempts sent sooner than told
-- retries_of_final_errors: attempts after an answer with retryable = false
-- wasted_attempts: attempts less the one that succeeded; NULL where the outcome is unknown
select
    printf('%016x', o.operation_id) as operation_id,
    o.tenant_id,
    o.surface,
    o.http_route,
    o.chain_basis,
    o.attempts,
    o.first_at,
    o.last_at,
    operation_outcome(o.succeeded, o.last_retryable, o.closes_at) as outcome,
    o.first_error_code,
    o.last_error_code,
    o.early_retries,
    o.retries_of_final_errors,
    o.attempts - o.succeeded::integer as wasted_attempts
from store.operation as o
