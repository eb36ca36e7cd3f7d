-- Violations through time, only steps that have any. Grain: one row per kind and step.
-- Parameters: start, end, step_s, surfaces (empty: all), tenant (NULL: all)
select
    v.kind,
    time_bucket(to_seconds($step_s), v.occurred_at, $start::timestamp) as starts_at,
    count(*) as violations
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
order by all
