-- Logical requests: the attempts a client made for one intent, rebuilt from the responses.
-- Whether one is still open depends on the newest data loaded, so the outcome is decided in the view.
-- Grain: one row per operation.
--
-- operation_id: response_id of its first attempt
-- tenant_id: caller
-- surface: API surface of the first attempt
-- http_route: route of the first attempt
-- chain_basis: evidence for the chain
-- chain_key: hash of what the attempts share
-- attempts: number of attempts
-- first_at: when the first attempt was received, UTC
-- last_at: when the last answer was sent, UTC
-- closes_at: until when another attempt would belong to it, UTC
-- succeeded: whether the last attempt succeeded; NULL if only the edge saw it
-- last_retryable: retryable flag of the last answer
-- first_error_code: code of the first error
-- last_error_code: code of the last error
-- early_retries: attempts sent sooner than told
-- retries_of_final_errors: attempts after an answer with retryable = false
create table store.operation (
    operation_id ubigint not null,
    tenant_id varchar,
    surface varchar,
    http_route varchar,
    chain_basis varchar not null,
    chain_key ubigint not null,
    attempts integer not null,
    first_at timestamp not null,
    last_at timestamp not null,
    closes_at timestamp not null,
    succeeded boolean,
    last_retryable boolean,
    first_error_code integer,
    last_error_code integer,
    early_retries integer not null,
    retries_of_final_errors integer not null
);
