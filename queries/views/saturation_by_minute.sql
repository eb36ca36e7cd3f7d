-- When in the hour 4002 is met, over all days: first attempts only, so that retries do not count the
-- same demand twice, on routes that ever answered 4002. Minutes without any have rows with 0.
-- Grain: one row per hour of day and minute of hour.
--
-- hour_of_day: 0 to 23, UTC
-- minute_of_hour: 0 to 59
-- first_attempts: first attempts of their operation, by when they were received
-- refused_first_attempts: of these, answered 4002
-- refused_share: refused_first_attempts / first_attempts; NULL if there were none
-- refused_share_low: lower end of its 95 % Wilson interval
-- refused_share_high: upper end of its 95 % Wilson interval
with

counted as (
    select
        epoch_us(m.minute) // 60000000 % 1440 as minute_of_day,
        sum(m.first_attempts)::bigint as first_attempts,
        sum(m.refused_first_attempts)::bigint as refused_first_attempts
    from store.route_minute as m
    inner join saturable_routes as s on m.http_route is not distinct from s.http_route
    group by all
),

filled as (
    select
        g.minute_of_day,
        coalesce(c.first_attempts, 0) as first_attempts,
        coalesce(c.refused_first_attempts, 0) as refused_first_attempts
    from range(1440) as g (minute_of_day)
    left join counted as c on g.minute_of_day = c.minute_of_day
),

final as (
    select
        (f.minute_of_day // 60)::integer as hour_of_day,
        (f.minute_of_day % 60)::integer as minute_of_hour,
        f.first_attempts,
        f.refused_first_attempts,
        f.refused_first_attempts / nullif(f.first_attempts, 0) as refused_share,
        wilson_low(f.refused_first_attempts, f.first_attempts) as refused_share_low,
        wilson_high(f.refused_first_attempts, f.first_attempts) as refused_share_high
    from filled as f
)

select * from final
