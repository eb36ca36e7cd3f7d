-- One hour and the first quarter of the next, on routes that ever answered 4002, by when requests were
-- received. Grain: one row per minute, also those without a request.
-- Parameters: hour, who (NULL: all tenants)
with

minutes as (
    select unnest(range($hour::timestamp, $hour::timestamp + interval 75 minute, interval 1 minute))
        as minute
),

counted as (
    select
        date_trunc('minute', r.received_at) as minute,
        count(*) filter (not r.is_error) as accepted,
        count(*) filter (r.is_error and r.error_code = 4002 and r.attempt = 1)
            as refused_first_attempts,
        count(*) filter (r.is_error and r.error_code = 4002 and r.attempt > 1) as refused_retries,
        count(*) filter (r.is_error and r.error_code is distinct from 4002) as other_errors,
        count(*) filter (r.is_error is null) as unclassified
    from store.response as r
    semi join kept.saturable_routes as s on r.http_route is not distinct from s.http_route
    where
        r.received_at >= $hour
        and r.received_at < $hour::timestamp + interval 75 minute
        and ($who::varchar is null or r.tenant_id = $who)
    group by all
)

select
    m.minute,
    coalesce(c.accepted, 0) as accepted,
    coalesce(c.refused_first_attempts, 0) as refused_first_attempts,
    coalesce(c.refused_retries, 0) as refused_retries,
    coalesce(c.other_errors, 0) as other_errors,
    coalesce(c.unclassified, 0) as unclassified
from minutes as m
left join counted as c on m.minute = c.minute
order by m.minute
