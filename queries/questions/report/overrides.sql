-- Routes that sent another retryable than the reference's default within a window, beside the windows compared
-- with; those that did so then and not now have a row too. is_new: never seen before the window.
-- Grain: one row per route, error code and retryable as sent.
-- Parameters: since, until; before_since, before_until, week_since, week_until (NULL: not to be compared)
with

flags as (
    select
        s.http_route,
        s.error_code,
        k.error_type,
        s.retryable,
        k.retryable as retryable_default,
        coalesce(sum(s.responses) filter (s.starts_at >= $since and s.starts_at < $until), 0)::bigint as errors,
        coalesce(sum(s.responses) filter (s.starts_at >= $before_since and s.starts_at < $before_until), 0)::bigint
            as before,
        coalesce(sum(s.responses) filter (s.starts_at >= $week_since and s.starts_at < $week_until), 0)::bigint
            as week,
        min(s.first_sent_at) as first_seen_at
    from response_sums('minute') as s
    inner join error_codes as k on s.error_code = k.error_code
    where s.is_error and s.retryable != k.retryable
    group by all
)

select
    f.http_route,
    f.error_code,
    f.error_type,
    f.retryable,
    f.retryable_default,
    f.errors,
    case when $before_since::timestamp is not null then f.before end as errors_before,
    case when $week_since::timestamp is not null then f.week end as errors_week_before,
    f.first_seen_at,
    f.first_seen_at >= $since as is_new
from flags as f
where f.errors > 0 or f.before > 0 or f.week > 0
order by is_new desc, f.errors desc, f.http_route, f.error_code
