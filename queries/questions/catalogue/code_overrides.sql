-- Routes that send a code with another retryable than the reference's default.
-- Grain: one row per route.
select
    o.http_route,
    o.retryable,
    o.errors,
    o.first_seen_at,
    o.last_seen_at
from retryable_overrides as o
where o.error_code = $code
order by o.errors desc, o.http_route
