-- The violations that the filter bar selects. Not by retryability: one may be that the flag is missing.
-- Grain: one row per violation. Parameters: start, end, surfaces (empty: all), tenant (NULL: all)
select
    v.*,
    -- Names of undocumented surfaces come from the logs; the filter offers them as one.
    case when v.surface in $documented::varchar[] then v.surface else 'other' end as offered_surface
from contract_violations as v
where
    v.occurred_at >= $start
    and v.occurred_at < $end
    and ($tenant::varchar is null or v.tenant_id = $tenant)
    and (len($surfaces::varchar[]) = 0 or offered_surface in $surfaces::varchar[])
