-- Errors by code and retryable as sent: by surface, and through time. Grain: one row per error code, flag and
-- surface, of this period and of the one before (starts_at NULL), and one per error code, flag and step that has
-- any (surface NULL).
with

counted as (
    select
        s.error_code,
        s.retryable,
        s.surface,
        s.starts_at < $start as is_before,
        if(s.starts_at < $start, null, s.starts_at) as starts_at,
        s.errors,
        s.last_sent_at
    from sliced as s
    where s.is_error
)

select
    c.error_code,
    c.retryable,
    c.surface,
    c.is_before,
    c.starts_at,
    sum(c.errors)::bigint as errors,
    max(c.last_sent_at) as last_seen_at
from counted as c
group by grouping sets ((1, 2, 3, 4), (1, 2, 4, 5))
having grouping(c.surface) = 0 or not c.is_before
order by all
