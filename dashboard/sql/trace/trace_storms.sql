-- The storms that a tenant had under way at a moment. Grain: one row per storm.
-- Parameters: tenant, at
select s.*
from retry_storms as s
where
    s.tenant_id = $tenant
    and s.started_at <= $at
    and s.ended_at >= $at
order by s.retries desc
