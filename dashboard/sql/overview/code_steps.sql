-- Errors by code through time, only steps that have any. Grain: one row per error code and step.
select
    s.error_code,
    s.starts_at,
    sum(s.errors)::bigint as errors
from sliced as s
where s.is_error and s.starts_at >= $start
group by s.error_code, s.starts_at
