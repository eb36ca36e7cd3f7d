-- Errors by code and retryable as sent: by surface, and through time. Grain: one row per error code, flag and
-- surface (starts_at NULL), and one per error code, flag and step that has any (surface NULL).
select
    s.error_code,
    s.retryable,
    s.surface,
    time_bucket(to_seconds($step_s), s.starts_at, $start::timestamp) as starts_at,
    sum(s.responses)::bigint as errors,
    max(s.last_sent_at) as last_seen_at
from summed as s
where s.is_error
group by grouping sets ((1, 2, 3), (1, 2, 4))
order by all
