-- Errors grouped by everything one filters by. Sums of errors agree with the other error views.
-- Grain: one row per hour, error code, retryable as sent, surface and tenant with an error.
--
-- hour: start of the hour in which the errors were sent, UTC
-- error_code: numeric code in the body; NULL for errors without one
-- retryable: as sent; NULL if the body lost it
-- surface: API surface
-- tenant_id: caller; NULL if unknown
-- errors: errors
select
    h.hour,
    h.error_code,
    h.retryable,
    h.surface,
    h.tenant_id,
    sum(h.responses)::bigint as errors
from store.response_hour as h
where h.is_error
group by all
