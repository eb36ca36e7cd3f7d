-- Errors by code through time, only steps that have any. Grain: one row per error code and step.
select
    s.error_code,
    time_bucket(to_seconds($step_s), s.starts_at, $start::timestamp) as starts_at,
    sum(s.responses)::bigint as errors
from summed as s
where s.is_error
group by all
order by all
