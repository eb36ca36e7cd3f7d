-- The violations themselves, newest first. Grain: one row per violation.
-- Parameters: start, end, surfaces (empty: all), tenant (NULL: all), kind (NULL: all), route (NULL: all)
select
    v.occurred_at,
    v.kind,
    v.detail,
    v.error_code,
    v.surface,
    v.http_route,
    v.tenant_id,
    v.trace_id
from contract_violations as v
where
    v.occurred_at >= $start
    and v.occurred_at < $end
    and ($tenant::varchar is null or v.tenant_id = $tenant)
    and ($kind::varchar is null or v.kind = $kind)
    and ($route::varchar is null or v.http_route = $route)
    and (
        len($surfaces::varchar[]) = 0
        or case when v.surface in $documented::varchar[] then v.surface else 'other' end
            in $surfaces::varchar[]
    )
order by v.occurred_at desc, v.kind, v.trace_id
limit 1000
