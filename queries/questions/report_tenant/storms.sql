-- Episodes in which one tenant's client retried far more than is normal for it, and which reach into a window.
-- Nothing here is measured against other tenants.
-- Grain: one row per storm.
-- Parameters: tenant, since, until
select
    s.started_at,
    s.ended_at,
    s.seconds,
    s.verdict,
    s.error_code,
    s.operations,
    s.attempts,
    s.retries,
    s.wasted_attempts,
    s.operations_saved
from retry_storms as s
where s.tenant_id = $tenant and s.ended_at >= $since and s.started_at < $until
order by s.started_at
