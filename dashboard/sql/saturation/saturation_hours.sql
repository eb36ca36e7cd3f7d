-- The hours with a 4002 that the period touches, worst first. Grain: one row per tenant and hour.
-- Parameters: start, end, tenant (NULL: all)
select s.*
from kept.saturation_hours as s
where
    s.hour >= date_trunc('hour', $start::timestamp)
    and s.hour < $end
    and ($tenant::varchar is null or s.tenant_id = $tenant)
order by s.unmet_operations desc, s.refused desc, s.hour, s.tenant_id
