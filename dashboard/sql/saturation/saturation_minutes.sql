-- When 4002 is met, on routes that ever answered it, in the hours that the period touches. First attempts
-- count demand once; `refused` counts retries too.
-- Grain: one row per hour (hour), per hour of day and minute (hour_of_day, minute_of_hour), per minute
-- (minute_of_hour alone), and one for all (no key); the other keys are NULL. Only what had a request.
-- Parameters: start, end, tenant (NULL: all)
with

-- The sums by route know no tenant: of one tenant, the responses of the period are counted.
firsts as (
    select
        m.minute,
        m.first_attempts
    from store.route_minute as m
    semi join kept_saturable_routes as s on m.http_route is not distinct from s.http_route
    where
        $tenant::varchar is null
        and m.minute >= date_trunc('hour', $start::timestamp)
        and m.minute < $end
    union all
    select
        date_trunc('minute', r.received_at) as minute,
        1 as first_attempts
    from store.response as r
    semi join kept_saturable_routes as s on r.http_route is not distinct from s.http_route
    where
        r.tenant_id = $tenant
        and r.attempt = 1
        and r.received_at >= date_trunc('hour', $start::timestamp)
        and r.received_at < $end
),

together as (
    select
        f.minute,
        f.first_attempts,
        0 as refused_first_attempts,
        0 as refused
    from firsts as f
    union all
    select
        t.minute,
        0 as first_attempts,
        t.refused_firsts as refused_first_attempts,
        t.refused
    from store.tenant_minute as t
    where
        t.minute >= date_trunc('hour', $start::timestamp)
        and t.minute < $end
        and t.refused > 0
        and ($tenant::varchar is null or t.tenant_id = $tenant)
),

summed as (
    select
        date_trunc('hour', t.minute) as hour,
        hour(t.minute)::integer as hour_of_day,
        minute(t.minute)::integer as minute_of_hour,
        sum(t.first_attempts)::bigint as first_attempts,
        sum(t.refused_first_attempts)::bigint as refused_first_attempts,
        sum(t.refused)::bigint as refused
    from together as t
    group by grouping sets ((1), (2, 3), (3), ())
)

select
    s.*,
    s.refused_first_attempts / nullif(s.first_attempts, 0) as refused_share,
    wilson_low(s.refused_first_attempts, s.first_attempts) as refused_share_low,
    wilson_high(s.refused_first_attempts, s.first_attempts) as refused_share_high
from summed as s
order by s.hour, s.hour_of_day, s.minute_of_hour
