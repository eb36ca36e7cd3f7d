-- Responses that the reference does not allow, by the rule they broke. Grain: one row per kind.
-- Parameters: start, end, surfaces (empty: all), tenant (NULL: all)
select
    v.kind,
    count(*) as violations,
    count(distinct v.http_route) as routes,
    count(distinct v.tenant_id) as tenants,
    min(v.occurred_at) as first_seen_at,
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
group by v.kind
order by violations desc, v.kind
