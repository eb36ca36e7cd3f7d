-- Violations by where they were sent. Grain: one row per route and surface.
-- Parameters: start, end, surfaces (empty: all), tenant (NULL: all)
select
    v.http_route,
    case when v.surface in $documented::varchar[] then v.surface else 'other' end
        as surface,
    count(*) as violations,
    count(distinct v.kind) as kinds,
    mode(v.kind order by v.kind) as most_frequent_kind,
    max(v.occurred_at) as last_seen_at,
    arg_max(v.trace_id, v.occurred_at) as last_trace_id
from contract_violations as v
where
    v.occurred_at >= $start
    and v.occurred_at < $end
    and ($tenant::varchar is null or v.tenant_id = $tenant)
    and (
        len($surfaces::varchar[]) = 0
        or case when v.surface in $documented::varchar[] then v.surface else 'other' end
            in $surfaces::varchar[]
    )
group by all
order by violations desc, v.http_route
