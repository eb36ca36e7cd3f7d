-- Codes that no reference knows, sent in a window, beside the windows compared with. is_new: never seen before
-- the window.
-- Grain: one row per error code.
-- Parameters: since, until; before_since, before_until, week_since, week_until (NULL: not to be compared)
with

codes as (
    select
        s.error_code,
        sum(s.responses) filter (s.starts_at >= $since and s.starts_at < $until)::bigint as errors,
        count(distinct s.tenant_id) filter (s.starts_at >= $since and s.starts_at < $until) as tenants,
        sum(s.responses) filter (s.starts_at >= $before_since and s.starts_at < $before_until) as before,
        sum(s.responses) filter (s.starts_at >= $week_since and s.starts_at < $week_until) as week,
        list(distinct s.http_route order by s.http_route)
            filter (s.starts_at >= $since and s.starts_at < $until and s.http_route is not null) as routes,
        min(s.first_sent_at) as first_seen_at,
        arg_max(s.last_trace_id, s.last_sent_at) filter (s.starts_at >= $since and s.starts_at < $until)
            as last_trace_id
    from response_sums('minute') as s
    where s.is_error and s.error_code not in (select k.error_code from error_codes as k)
    group by all
)

select
    c.error_code,
    c.errors,
    c.tenants,
    case when $before_since::timestamp is not null then coalesce(c.before, 0)::bigint end as errors_before,
    case when $week_since::timestamp is not null then coalesce(c.week, 0)::bigint end as errors_week_before,
    c.routes,
    c.first_seen_at,
    c.first_seen_at >= $since as is_new,
    c.last_trace_id
from codes as c
where c.errors > 0
order by is_new desc, c.errors desc, c.error_code
