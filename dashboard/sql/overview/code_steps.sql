-- Errors by code through time, only steps that have any. Grain: one row per error code and step.
select
    f.error_code,
    time_bucket(to_seconds($step_s), f.occurred_at, $start::timestamp) as starts_at,
    count(*) as errors
from filtered as f
where f.is_error
group by all
order by all
