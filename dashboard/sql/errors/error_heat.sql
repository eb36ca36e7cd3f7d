-- Errors by code and retryable as sent: by surface, and through time. Grain: one row per error code, flag and
-- surface (starts_at NULL), and one per error code, flag and step that has any (surface NULL).
select
    f.error_code,
    f.retryable,
    f.surface,
    time_bucket(to_seconds($step_s), f.occurred_at, $start::timestamp) as starts_at,
    count(*) as errors,
    max(f.occurred_at) as last_seen_at
from filtered as f
where f.is_error
group by grouping sets ((1, 2, 3), (1, 2, 4))
order by all
