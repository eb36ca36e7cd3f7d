-- Responses that the reference does not allow, by the rule they broke. Grain: one row per kind.
select
    v.kind,
    count(*) as violations,
    count(distinct v.http_route) as routes,
    count(distinct v.tenant_id) as tenants,
    min(v.occurred_at) as first_seen_at,
    max(v.occurred_at) as last_seen_at,
    arg_max(v.trace_id, v.occurred_at) as last_trace_id
from broken as v
group by v.kind
order by violations desc, v.kind
