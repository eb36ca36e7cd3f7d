-- API responses, each merged once from every log that saw it.
-- Grain: one row per API response.
--
-- response_id: names the response, 16 hex digits
-- trace_id: correlation id a customer quotes; names one response, so a retry has another
-- occurred_at: when it was sent, UTC
-- received_at: when its request was received, UTC; without the application log: occurred_at less the duration
-- tenant_id: caller
-- surface: v1, salesforce, hubspot, slack, or other
-- http_method: request method
-- http_route: route template
-- url_path: path without query, personal data replaced
-- http_status: HTTP status on the wire; not derivable from error_code
-- is_error: whether the body reports an error; NULL if only the edge log saw it (unclassified)
-- error_code: numeric code in the body; NULL for an error without one
-- retryable: as sent, authoritative; NULL if the body lost it
-- error_message: message in the body, redacted; for people, it may change between releases
-- retry_after_s: seconds to wait, from the body
-- retry_after_header_s: seconds to wait, from the Retry-After header
-- attachment_index: offending attachment, from 0
-- allowed_effects: effects the body of a 4098 lists
-- reason: top-level reason of a flat send body, redacted
-- envelope: shape of the error body: standard, send_flat, ok_flag, hubspot_webhook or hubspot_workflow
-- is_logical_failure: an error under a 2xx status; NULL if unclassified
-- duration_ms: time to answer, ms
-- idempotency_key: keyed hash of the client's key, k_ and 16 hex digits
-- body_hash: keyed hash of the request body's hash, b_ and 16 hex digits
-- recipient: pseudonym of the recipient's number, r_ and 16 hex digits
-- service_version: version of the answering service
-- host: host of the answering service
-- user_agent: client's User-Agent, redacted
-- delivery_service: internal delivery service; never shown to customers
-- internal_code: internal error code; never shown to customers
-- operation_id: operation this attempt belongs to (response_id of its first attempt)
-- attempt: position in the operation, from 1
-- chain_basis: evidence for the operation: idempotency_key, attempt_header, fingerprint or weak_fingerprint
-- waited_s: from the previous attempt's answer to this request, seconds; NULL for a first attempt
-- seen_in: logs that saw it: app, edge, otlp
select
    printf('%016x', r.response_id) as response_id,
    r.trace_id,
    r.occurred_at,
    r.received_at,
    r.tenant_id,
    r.surface,
    r.http_method,
    r.http_route,
    r.url_path,
    r.http_status,
    r.is_error,
    r.error_code,
    r.retryable,
    r.error_message,
    r.retry_after_s,
    r.retry_after_header_s,
    r.attachment_index,
    r.allowed_effects,
    r.reason,
    r.envelope,
    case
        when r.is_error then coalesce(r.http_status between 200 and 299, false)
        else r.is_error
    end as is_logical_failure,
    r.duration_ms,
    'k_' || printf('%016x', r.idempotency_key) as idempotency_key,
    'b_' || printf('%016x', r.body_hash) as body_hash,
    'r_' || printf('%016x', r.recipient) as recipient,
    r.service_version,
    r.host,
    r.user_agent,
    r.delivery_service,
    r.internal_code,
    printf('%016x', r.operation_id) as operation_id,
    -- A client without a cap must not make the whole view fail.
    least(r.attempt, 32767)::smallint as attempt,
    r.chain_basis,
    r.waited_ms / 1000 as waited_s,
    case r.seen_in
        when 1 then ['app']
        when 2 then ['edge']
        when 3 then ['app', 'edge']
        when 4 then ['otlp']
        when 5 then ['app', 'otlp']
        when 6 then ['edge', 'otlp']
        when 7 then ['app', 'edge', 'otlp']
    end as seen_in
from store.response as r
