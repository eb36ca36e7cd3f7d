-- Responses that the API reference does not allow. Of a response that only the edge log saw, nothing is
-- known about the body, so it breaks no rule.
-- Grain: one row per violation; of flapping_retryable one per route, error code and hour.
--
-- kind: which rule was broken: undocumented_code, missing_retryable, missing_code, code_as_string,
--   undocumented_status (outside the code's set; 200 is allowed on HubSpot routes), status_mismatch
--   (body and wire differ), trace_id_mismatch, missing_trace_id, missing_trace_header,
--   retry_after_mismatch (the header does not repeat the body), missing_retry_after (absent from the
--   body of a 1007 or 4002), unexpected_retry_after, attachment_index (negative, or on a code that has
--   none), missing_allowed_effects, wrong_envelope, forbidden_detail, success_with_error,
--   duplicate_trace_id, flapping_retryable (one route sent both flags with one code within an hour)
-- trace_id: the response; for flapping_retryable the first that contradicts the first of the hour
-- occurred_at: when it was sent, UTC
-- tenant_id: caller; NULL for flapping_retryable, which is about a route and not about a caller
-- surface: API surface
-- http_route: route template
-- error_code: numeric code in the body
-- detail: what was found, without any text of the answer; what forbidden_detail gave away is named by
--   its sort only
select
    v.kind,
    v.trace_id,
    v.occurred_at,
    v.tenant_id,
    v.surface,
    v.http_route,
    v.error_code,
    v.detail
from store.contract_violation as v
