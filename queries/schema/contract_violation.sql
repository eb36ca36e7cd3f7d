-- What the API reference does not allow in a response, refreshed at ingest for the hours it touched.
-- Grain: one row per violation; of flapping_retryable one per route, error code and hour.
--
-- kind: which rule was broken
-- response_id: the response; for flapping_retryable the first that contradicts the first of the hour
-- trace_id: its trace_id
-- occurred_at: when it was sent, UTC
-- hour: full hour in which its request was received, UTC; for flapping_retryable the hour it was sent in
-- tenant_id: caller; NULL for flapping_retryable, which is about a route and not about a caller
-- surface: API surface
-- http_route: route template
-- error_code: numeric code in the body
-- detail: what was found, without any text of the answer
create table store.contract_violation (
    kind varchar not null,
    response_id ubigint not null,
    trace_id varchar not null,
    occurred_at timestamp not null,
    hour timestamp not null,
    tenant_id varchar,
    surface varchar not null,
    http_route varchar,
    error_code integer,
    detail varchar not null
);
