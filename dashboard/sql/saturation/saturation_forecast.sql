-- When the lines run out in the newest hour, most pressing first. Grain: one row per tenant.
-- Parameters: tenant (NULL: all)
select f.*
from kept.saturation_forecast as f
where $tenant::varchar is null or f.tenant_id = $tenant
order by
    list_position(['ran out', 'used up', 'runs out', 'may run out', 'lasts', 'cannot tell'], f.verdict),
    f.runs_out_at, f.accepted / f.capacity desc, f.tenant_id
