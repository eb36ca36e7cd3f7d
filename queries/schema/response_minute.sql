-- Responses and errors by minute and by everything one filters by: what error rates over time are summed
-- from. Whether an operation is still open depends on the newest data loaded, so those that did not
-- succeed are counted whatever their age, and readers take the open ones off.
-- Grain: one row per minute, tenant, surface and kind of answer (is_error, error_code, retryable, and of
-- errors http_route).
--
-- minute: start of the minute in which the responses were sent, UTC
-- tenant_id: caller
-- surface: API surface
-- is_error: whether the bodies report errors; NULL if only the edge saw the responses
-- error_code: numeric code in the bodies; NULL without one
-- retryable: as sent with the errors; NULL if the bodies lost it, or if there are no errors
-- http_route: route template of errors; NULL for all else
-- responses: responses
-- first_attempts: of these, first attempts of their operation
-- first_of_code: of these, errors that are the first of their code in their operation
-- logical_failures: of these, errors under a 2xx status
-- failed_retryable: operations begun by these that did not succeed, last answer with retryable = true
-- failed_final: likewise, with retryable = false
-- failed_unsaid: likewise, with retryable lost
-- first_sent_at: when the first of these was sent, UTC
-- last_sent_at: when the last of these was sent, UTC
-- last_trace_id: trace_id of the last of these errors; NULL for all else
create table store.response_minute (
    minute timestamp not null,
    tenant_id varchar,
    surface varchar not null,
    is_error boolean,
    error_code integer,
    retryable boolean,
    http_route varchar,
    responses bigint not null,
    first_attempts bigint not null,
    first_of_code bigint not null,
    logical_failures bigint not null,
    failed_retryable bigint not null,
    failed_final bigint not null,
    failed_unsaid bigint not null,
    first_sent_at timestamp not null,
    last_sent_at timestamp not null,
    last_trace_id varchar
);
