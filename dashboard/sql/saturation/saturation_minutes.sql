-- When 4002 is met, on routes that ever answered it, in the hours that the period touches. First attempts
-- count demand once; `refused` counts retries too.
-- Grain: one row per hour (hour), per hour of day and minute (hour_of_day, minute_of_hour), per minute
-- (minute_of_hour alone), and one for all (no key); the other keys are NULL. Only what had a request.
-- Parameters: start, end, tenant (NULL: all)
with

-- The minutes kept of all tenants together; of one tenant, its responses in the period are counted.
sent as (
    select
        k.minute,
        k.first_attempts,
        k.refused_first_attempts,
        k.refused
    from kept.saturable_minutes as k
    where
        $tenant::varchar is null
        and k.minute >= date_trunc('hour', $start::timestamp)
        and k.minute < $end
    union all
    select
        date_trunc('minute', r.received_at) as minute,
        1 as first_attempts,
        0 as refused_first_attempts,
        0 as refused
    from store.response as r
    semi join kept.saturable_routes as s on r.http_route is not distinct from s.http_route
    where
        r.tenant_id = $tenant
        and r.attempt = 1
        and r.received_at >= date_trunc('hour', $start::timestamp)
        and r.received_at < $end
    union all
    select
        t.minute,
        0 as first_attempts,
        t.refused_firsts as refused_first_attempts,
        t.refused
    from store.tenant_minute as t
    where
        t.tenant_id = $tenant
        and t.minute >= date_trunc('hour', $start::timestamp)
        and t.minute < $end
        and t.refused > 0
),

-- Each is summed from the one before, which has fewer rows than the minutes.
by_hour as (
    select
        date_trunc('hour', s.minute) as hour,
        sum(s.first_attempts)::bigint as first_attempts,
        sum(s.refused_first_attempts)::bigint as refused_first_attempts,
        sum(s.refused)::bigint as refused
    from sent as s
    group by 1
),

by_clock as (
    select
        hour(s.minute)::integer as hour_of_day,
        minute(s.minute)::integer as minute_of_hour,
        sum(s.first_attempts)::bigint as first_attempts,
        sum(s.refused_first_attempts)::bigint as refused_first_attempts,
        sum(s.refused)::bigint as refused
    from sent as s
    group by 1, 2
),

summed as (
    select
        h.hour,
        null::integer as hour_of_day,
        null::integer as minute_of_hour,
        h.* exclude (hour)
    from by_hour as h
    union all
    select
        null as hour,
        c.hour_of_day,
        c.minute_of_hour,
        sum(c.first_attempts)::bigint as first_attempts,
        sum(c.refused_first_attempts)::bigint as refused_first_attempts,
        sum(c.refused)::bigint as refused
    from by_clock as c
    group by grouping sets ((c.hour_of_day, c.minute_of_hour), (c.minute_of_hour), ())
)

select
    s.*,
    s.refused_first_attempts / nullif(s.first_attempts, 0) as refused_share,
    wilson_low(s.refused_first_attempts, s.first_attempts) as refused_share_low,
    wilson_high(s.refused_first_attempts, s.first_attempts) as refused_share_high
from summed as s
order by s.hour, s.hour_of_day, s.minute_of_hour
