-- Accepted log records, normalised and redacted: what every other number is computed from.
-- Grain: one row per accepted record.
--
-- event_id: names the record by its content and line number, 16 hex digits; the same however it was loaded
-- source_id: source that holds the line; see view sources
-- line_number: line in the decompressed file, from 1
-- record_number: record within an OTLP line, from 1; NULL in other formats
-- occurred_at: time on the record, UTC
-- trace_id: correlation id; NULL where the line has none
-- log: app, edge or otlp
-- event: kind of event as logged; response.sent for edge and OTLP records
-- level: severity as logged
-- tenant_id: caller
-- surface: API surface as logged, else by path prefix
-- http_method: request method
-- http_route: route template
-- url_path: path without query, personal data replaced
-- http_status: HTTP status on the wire
-- duration_ms: time to answer, ms
-- is_error: whether the body reports an error; NULL where this log cannot know
-- error_code: numeric code in the body
-- retryable: as sent; NULL if the body lost it
-- error_message: message in the body, redacted
-- retry_after_s: seconds to wait, from the body
-- retry_after_header_s: seconds to wait, from the Retry-After header
-- attachment_index: offending attachment, from 0
-- allowed_effects: effects the body lists
-- reason: top-level reason of a flat send body, redacted
-- envelope: shape of the error body
-- detail: internal detail, redacted; never shown to customers
-- internal_code: internal error code
-- error_type: internal exception type
-- delivery_service: internal delivery service
-- line: pseudonym of the sending phone line, l_ and 16 hex digits
-- lines: phone lines listed when capacity was exhausted: pseudonym, used, cap
-- idempotency_key: keyed hash of the client's key, k_ and 16 hex digits
-- body_hash: keyed hash of the request body's hash, b_ and 16 hex digits
-- recipient: pseudonym of the recipient's number, r_ and 16 hex digits
-- service: emitting service
-- service_version: its version
-- host: its host
-- user_agent: client's User-Agent, redacted
-- client_ip: client address, truncated to /24 (IPv4) or /48 (IPv6)
-- upstream_ms: time of the last upstream, ms (edge)
-- bytes_sent: body bytes sent (edge)
-- body_status: HTTP status repeated in the body
-- body_success: success or ok flag in the body
-- body_trace_ok: whether the body repeats trace_id; NULL if it has none
-- header_trace_ok: whether the X-Trace-ID header repeats trace_id; NULL if it has none
-- code_as_string: whether the body sent the code as a string
-- otel_trace_id: W3C trace id, 32 hex digits; unrelated to trace_id
-- xray_trace_id: trace id of AWS X-Ray, such as 1-58337262-36d228ad5d99923122bbe354; unrelated to both
-- request_id: id that a proxy or a logger gave the request itself, such as nginx's $request_id
select
    left(md5(concat_ws(
        '/', c.log, coalesce(e.trace_id, ''), epoch_us(e.occurred_at), c.event,
        e.line_number, coalesce(e.record_number, 0)
    )), 16) as event_id,
    's' || e.source_no as source_id,
    e.line_number,
    e.record_number,
    e.occurred_at,
    e.trace_id,
    c.log,
    c.event,
    c.level,
    e.tenant_id,
    c.surface,
    c.http_method,
    c.http_route,
    e.url_path,
    e.http_status,
    e.duration_ms,
    e.is_error,
    e.error_code,
    e.retryable,
    e.error_message,
    e.retry_after_s,
    e.retry_after_header_s,
    e.attachment_index,
    e.allowed_effects,
    e.reason,
    e.envelope,
    e.detail,
    c.internal_code,
    c.error_type,
    c.delivery_service,
    'l_' || printf('%016x', e.line_id) as line,
    [
        {'line': 'l_' || printf('%016x', l.line), 'used': l.used, 'cap': l.cap}
        for l in e.lines
    ] as lines,
    'k_' || printf('%016x', e.idempotency_key) as idempotency_key,
    'b_' || printf('%016x', e.body_hash) as body_hash,
    'r_' || printf('%016x', e.recipient) as recipient,
    c.service,
    c.service_version,
    c.host,
    e.user_agent,
    e.client_ip,
    e.upstream_ms,
    e.bytes_sent,
    e.body_status,
    e.body_success,
    e.body_trace_ok,
    e.header_trace_ok,
    e.code_as_string,
    e.otel_trace_id,
    e.xray_trace_id,
    e.request_id
from store.event as e
left join store.context as c on c.context_id = e.context_id
