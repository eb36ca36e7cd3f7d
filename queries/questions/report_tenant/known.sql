-- Whether anything of a tenant was ever loaded.
-- Grain: one row.
-- Parameters: tenant
select count(*) > 0 as is_known
from response_sums('hour') as s
where s.tenant_id = $tenant
