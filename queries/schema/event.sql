-- Every accepted log record, normalised and redacted: what all other tables are computed from.
-- Grain: one row per accepted record.
--
-- source_no: source that holds the line
-- line_number: line in the decompressed file, from 1
-- record_number: record within an OTLP line, from 1; NULL in other formats
-- line_hash: hash of the line (OTLP: of line and record number); tells repeated lines, and is never shown:
--   DuckDB does not promise it across versions
-- occurred_at: time on the record, UTC
-- kind: 1 response.sent, 2 request.received, 3 any other of the application log, 4 edge, 5 OTLP
-- context_id: what the record shares with many others; see store.context
-- trace_id: Chert's trace_id; NULL where the line has none
-- otel_trace_id: W3C trace id, unrelated to trace_id
-- xray_trace_id: trace id of AWS X-Ray, unrelated to both
-- request_id: id that a proxy or a logger gave the request itself
-- tenant_id: caller
-- url_path: path without query, personal data replaced
-- user_agent: client's User-Agent, redacted
-- client_ip: client address, truncated to /24 (IPv4) or /48 (IPv6)
-- idempotency_key: keyed hash of the client's key
-- body_hash: keyed hash of the logged body hash
-- recipient: pseudonym of the recipient's number
-- line_id: pseudonym of the sending line
-- lines: lines listed when capacity was exhausted
-- detail: internal detail, redacted
-- http_status: status on the wire
-- duration_ms: time to answer, ms
-- upstream_ms: time of the last upstream, ms (edge)
-- bytes_sent: body bytes sent (edge)
-- is_error: whether the body reports an error; NULL where the log cannot know
-- envelope: shape of the error body
-- error_code: numeric code in the body
-- code_as_string: the body sent the code as a string
-- retryable: as sent; NULL if the body lost it
-- error_message: message in the body, redacted
-- retry_after_s: seconds to wait, from the body
-- retry_after_header_s: seconds to wait, from the Retry-After header
-- attachment_index: offending attachment, from 0
-- allowed_effects: effects the body lists
-- reason: top-level reason of a flat send body, redacted
-- body_status: HTTP status repeated in the body
-- body_success: success or ok flag in the body
-- body_trace_ok: whether the body repeats trace_id; NULL if it has none
-- header_trace_ok: whether the X-Trace-ID header repeats trace_id; NULL if it has none
-- reject_reason: set only while a file is being loaded, before rejected lines move to store.rejected_line
-- byte_offset: likewise
-- context_text: its context as one JSON object, where that was not known before
create table store.event (
    source_no integer not null,
    line_number bigint not null,
    record_number integer,
    line_hash ubigint,
    occurred_at timestamp,
    kind tinyint,
    context_id ubigint,
    trace_id varchar,
    otel_trace_id varchar,
    xray_trace_id varchar,
    request_id varchar,
    tenant_id varchar,
    url_path varchar,
    user_agent varchar,
    client_ip varchar,
    idempotency_key ubigint,
    body_hash ubigint,
    recipient ubigint,
    line_id ubigint,
    lines struct(line ubigint, used integer, cap integer)[],
    detail varchar,
    http_status smallint,
    duration_ms bigint,
    upstream_ms bigint,
    bytes_sent bigint,
    is_error boolean,
    envelope varchar,
    error_code integer,
    code_as_string boolean,
    retryable boolean,
    error_message varchar,
    retry_after_s integer,
    retry_after_header_s integer,
    attachment_index integer,
    allowed_effects varchar[],
    reason varchar,
    body_status smallint,
    body_success boolean,
    body_trace_ok boolean,
    header_trace_ok boolean,
    reject_reason varchar,
    byte_offset bigint,
    context_text varchar
);
