-- Routes that ever answered 4002: those with an hourly quota. Accepted requests are counted on them only.
-- Grain: one row per route that ever answered 4002.
--
-- http_route: route template
-- refused: responses 4002
-- first_hour: first hour with one, UTC
-- last_hour: last hour with one, UTC
select
    r.http_route,
    sum(r.refused)::bigint as refused,
    min(r.hour) filter (r.refused > 0) as first_hour,
    max(r.hour) filter (r.refused > 0) as last_hour
from store.saturation_route as r
group by r.http_route
having sum(r.refused) > 0
