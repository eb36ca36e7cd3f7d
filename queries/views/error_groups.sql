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
    date_trunc('hour', r.occurred_at) as hour,
    r.error_code,
    r.retryable,
    r.surface,
    r.tenant_id,
    count(*) as errors
from store.response as r
where r.is_error
group by all
