-- The violations themselves, newest first. Grain: one row per violation.
-- Parameters besides the filters: kind (NULL: all), route (NULL: all)
select
    v.occurred_at,
    v.kind,
    v.detail,
    v.error_code,
    v.surface,
    v.http_route,
    v.tenant_id,
    v.trace_id
from broken as v
where
    ($kind::varchar is null or v.kind = $kind)
    and ($route::varchar is null or v.http_route = $route)
order by v.occurred_at desc, v.kind, v.trace_id
limit 1000
