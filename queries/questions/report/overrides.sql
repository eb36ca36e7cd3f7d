-- Routes that sent another retryable than the reference's default within a window.
-- Grain: one row per route, error code and retryable as sent.
select
    r.http_route,
    r.error_code,
    k.error_type,
    r.retryable,
    k.retryable as retryable_default,
    count(*) as errors
from responses as r
inner join error_codes as k on r.error_code = k.error_code
where
    r.is_error
    and r.retryable != k.retryable
    and r.occurred_at >= $since
    and r.occurred_at < $until
group by all
order by errors desc, r.http_route, r.error_code
