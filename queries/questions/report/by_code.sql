-- Errors of a window by code, with the retryable flags that were sent, beside the windows compared with.
-- Grain: one row per error code; one with NULL for errors without a code.
-- Parameters: since, until; before_since, before_until, week_since, week_until (NULL: not to be compared)
with

codes as (
    select
        r.error_code,
        count(*) as errors,
        count(distinct r.operation_id) as operations,
        count(distinct r.tenant_id) as tenants,
        count(*) filter (r.retryable) as retryable_errors,
        count(*) filter (not r.retryable) as final_errors,
        count(*) - count(r.retryable) as flagless_errors,
        max(r.occurred_at) as last_seen_at
    from responses as r
    where r.is_error and r.occurred_at >= $since and r.occurred_at < $until
    group by all
),

earlier as (
    select
        s.error_code,
        sum(s.responses) filter (s.starts_at >= $before_since and s.starts_at < $before_until) as before,
        sum(s.responses) filter (s.starts_at >= $week_since and s.starts_at < $week_until) as week
    from response_sums('minute') as s
    where
        s.is_error
        and s.starts_at >= least($before_since::timestamp, $week_since::timestamp)
        and s.starts_at < greatest($before_until::timestamp, $week_until::timestamp)
    group by all
)

select
    c.*,
    c.errors / (sum(c.errors) over ())::bigint as share,
    case when $before_since::timestamp is not null then coalesce(e.before, 0)::bigint end as errors_before,
    case when $week_since::timestamp is not null then coalesce(e.week, 0)::bigint end as errors_week_before,
    k.error_type,
    k.error_class,
    k.meaning,
    k.action,
    k.retryable as retryable_default
from codes as c
left join earlier as e on c.error_code is not distinct from e.error_code
left join error_codes as k on c.error_code = k.error_code
order by c.errors desc, c.error_code
