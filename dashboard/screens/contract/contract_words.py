"""What each kind of contract violation means, and who should look at it."""

MEANINGS = {
    "undocumented_code": "The body has a code that is not in the API reference.",
    "missing_retryable": "The body does not say whether to retry: clients must guess.",
    "missing_code": "The body of an error has no code.",
    "code_as_string": "The code is a string, not a number: strict clients fail to read it.",
    "undocumented_status": "The HTTP status is not one that the reference has for this code.",
    "status_mismatch": "The body names another HTTP status than was sent.",
    "trace_id_mismatch": "The body bears another trace_id than the request: support finds nothing.",
    "missing_trace_id": "The body has no trace_id to quote.",
    "missing_trace_header": "The response has no X-Trace-ID header.",
    "retry_after_mismatch": "Body and header tell different times to wait.",
    "missing_retry_after": "A 1007 or 4002 whose body does not say how long to wait.",
    "unexpected_retry_after": "A time to wait on a code that has none.",
    "attachment_index": "A negative attachment_index, or one on a code that has none.",
    "missing_allowed_effects": "The list of effects that are allowed is missing.",
    "wrong_envelope": "The body is shaped otherwise than the reference says for this route.",
    "forbidden_detail": "The message gives internal detail away. Its text is not kept here.",
    "success_with_error": "The body says success and carries an error code.",
    "duplicate_trace_id": "Two responses of one caller within minutes bear one trace_id.",
    "flapping_retryable": "One route sent one code with both flags within an hour.",
}
UNKNOWN = "A kind that this dashboard does not know: see the view contract_violations."


def meaning(kind: str) -> str:
    return MEANINGS.get(kind, UNKNOWN)
