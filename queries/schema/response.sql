-- API responses, merged from every log that saw them and numbered within their operation.
-- Grain: one row per API response.
--
-- response_id: low 64 bits of the MD5 of trace_id, tenant_id and occurred_at
-- trace_id: Chert's trace_id
-- occurred_at: when it was sent, UTC
-- received_at: when its request was received, UTC
-- tenant_id: caller
-- surface: API surface
-- http_method: request method
-- http_route: route template
-- url_path: path without query, personal data replaced
-- http_status: status on the wire
-- is_error: whether the body reports an error; NULL if only the edge saw it
-- error_code: numeric code in the body
-- retryable: as sent; NULL if the body lost it
-- error_message: message in the body, redacted
-- retry_after_s: seconds to wait, from the body
-- retry_after_header_s: seconds to wait, from the header
-- attachment_index: offending attachment, from 0
-- allowed_effects: effects the body lists
-- reason: top-level reason of a flat send body, redacted
-- envelope: shape of the error body
-- duration_ms: time to answer, ms
-- idempotency_key: keyed hash of the client's key
-- body_hash: keyed hash of the logged body hash
-- recipient: pseudonym of the recipient's number
-- service_version: version of the answering service
-- host: host of the answering service
-- user_agent: client's User-Agent, redacted
-- delivery_service: internal delivery service
-- internal_code: internal error code
-- code_as_string: the body sent the code as a string
-- body_status: HTTP status repeated in the body
-- body_success: success or ok flag in the body
-- body_trace_ok: whether the body repeats trace_id; NULL if it has none
-- header_trace_ok: whether the X-Trace-ID header repeats trace_id; NULL if it has none
-- edge_status: status in the edge log
-- seen_in: sum of 1 (app), 2 (edge), 4 (OTLP)
-- is_duplicate_trace: another response of the same tenant within 15 minutes bears the same trace_id
-- batch_no: ingest batch that merged it last
-- chain_basis: evidence for the chain: idempotency_key, fingerprint or weak_fingerprint
-- chain_key: hash of what the attempts of one intent share
-- operation_id: response_id of the first attempt of its operation
-- attempt: position in the operation, from 1
-- waited_ms: from the previous attempt's answer to this request; NULL for a first attempt
create table store.response (
    response_id ubigint not null,
    trace_id varchar not null,
    occurred_at timestamp not null,
    received_at timestamp not null,
    tenant_id varchar,
    surface varchar not null,
    http_method varchar,
    http_route varchar,
    url_path varchar,
    http_status smallint,
    is_error boolean,
    error_code integer,
    retryable boolean,
    error_message varchar,
    retry_after_s integer,
    retry_after_header_s integer,
    attachment_index integer,
    allowed_effects varchar[],
    reason varchar,
    envelope varchar,
    duration_ms bigint,
    idempotency_key ubigint,
    body_hash ubigint,
    recipient ubigint,
    service_version varchar,
    host varchar,
    user_agent varchar,
    delivery_service varchar,
    internal_code varchar,
    code_as_string boolean,
    body_status smallint,
    body_success boolean,
    body_trace_ok boolean,
    header_trace_ok boolean,
    edge_status smallint,
    seen_in utinyint not null,
    is_duplicate_trace boolean not null,
    batch_no integer not null,
    chain_basis varchar not null,
    chain_key ubigint not null,
    operation_id ubigint not null,
    attempt integer not null,
    waited_ms bigint
);
