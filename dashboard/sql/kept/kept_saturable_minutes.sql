-- Sends on routes that ever answered 4002, and refusals, of all tenants together. Grain: one row per minute with any.
with

firsts as (
    select
        m.minute,
        sum(m.first_attempts)::bigint as first_attempts
    from store.route_minute as m
    semi join kept.saturable_routes as s on m.http_route is not distinct from s.http_route
    group by m.minute
),

refusals as (
    select
        t.minute,
        sum(t.refused_firsts)::bigint as refused_first_attempts,
        sum(t.refused)::bigint as refused
    from store.tenant_minute as t
    where t.refused > 0
    group by t.minute
)

select
    coalesce(f.minute, r.minute) as minute,
    coalesce(f.first_attempts, 0) as first_attempts,
    coalesce(r.refused_first_attempts, 0) as refused_first_attempts,
    coalesce(r.refused, 0) as refused
from firsts as f
full join refusals as r on f.minute = r.minute
