-- Attempts after the first of their operation, each with the answer it followed. Everything about
-- retries is computed from this thin table: few responses are retries.
-- Grain: one row per attempt after the first.
--
-- response_id: the retry
-- previous_response_id: the attempt before it
-- operation_id: operation it belongs to
-- trace_id: Chert's trace_id of the retry
-- previous_trace_id: trace_id of the attempt before it
-- tenant_id: caller
-- surface: API surface
-- http_route: route template
-- chain_basis: evidence for the chain
-- attempt: position in the operation, from 2
-- received_at: when the retry was received, UTC
-- occurred_at: when it was answered, UTC
-- waited_ms: from the previous answer to this request
-- previous_error_code: code of the previous answer
-- previous_retryable: retryable flag of the previous answer
-- told_to_wait_s: what the previous answer said, in its body, else in its header
-- is_early: whether it waited less than it was told, less early_tolerance_s
-- is_error: whether the retry was answered by an error; NULL if only the edge saw it
-- error_code: code of that error
-- retryable: flag of that error
-- is_first_of_code: whether it is the first error with its code in the operation
create table store.retry (
    response_id ubigint not null,
    previous_response_id ubigint not null,
    operation_id ubigint not null,
    trace_id varchar not null,
    previous_trace_id varchar not null,
    tenant_id varchar,
    surface varchar not null,
    http_route varchar,
    chain_basis varchar not null,
    attempt integer not null,
    received_at timestamp not null,
    occurred_at timestamp not null,
    waited_ms bigint not null,
    previous_error_code integer,
    previous_retryable boolean,
    told_to_wait_s integer,
    is_early boolean not null,
    is_error boolean,
    error_code integer,
    retryable boolean,
    is_first_of_code boolean not null
);
