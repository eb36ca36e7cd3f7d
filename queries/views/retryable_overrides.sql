-- Where a route sends another retryable than the reference's default for the code. The flag as sent is
-- right; this is the inventory of differences.
-- Grain: one row per route, error code and retryable as sent that differs from the default.
--
-- http_route: route template
-- error_code: code of the reference
-- retryable: as sent
-- retryable_default: the reference's default
-- errors: errors
-- first_seen_at: when the first was sent, UTC
-- last_seen_at: when the last was sent, UTC
select
    r.http_route,
    r.error_code,
    r.retryable,
    k.retryable as retryable_default,
    count(*) as errors,
    min(r.occurred_at) as first_seen_at,
    max(r.occurred_at) as last_seen_at
from store.response as r
inner join store.error_code as k on r.error_code = k.error_code
where r.is_error and r.retryable != k.retryable
group by all
order by errors desc, r.http_route, r.error_code
