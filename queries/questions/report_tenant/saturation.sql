-- Hours of a window in which all lines of one tenant were used up (4002).
-- Grain: one row per hour with a 4002.
-- Parameters: tenant, since, until
select
    h.hour,
    h.refused,
    h.refused_operations,
    h.unmet_operations,
    h.first_refused_at,
    h.relief
from saturation_hours as h
where h.tenant_id = $tenant and h.hour >= date_trunc('hour', $since::timestamp) and h.hour < $until
order by h.hour
