-- Violations by where they were sent. Grain: one row per route and surface.
select
    v.http_route,
    v.offered_surface as surface,
    count(*) as violations,
    count(distinct v.kind) as kinds,
    mode(v.kind order by v.kind) as most_frequent_kind,
    max(v.occurred_at) as last_seen_at,
    arg_max(v.trace_id, v.occurred_at) as last_trace_id
from broken as v
group by all
order by violations desc, v.http_route
