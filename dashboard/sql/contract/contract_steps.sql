-- Violations through time, only steps that have any. Grain: one row per kind and step.
-- Parameters besides the filters: step_s
select
    v.kind,
    time_bucket(to_seconds($step_s), v.occurred_at, $start::timestamp) as starts_at,
    count(*) as violations
from broken as v
group by all
order by all
