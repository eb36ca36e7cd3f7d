-- How far each log reaches, and which lag: more than stale_after_h behind the newest event of all, or, for all of
-- them, behind the present.
-- Grain: one row per log that was ever loaded.
-- Parameters: now
select
    l.log,
    l.newest_at,
    date_diff('minute', l.newest_at, f.newest_event_at) / 60 as behind_h,
    date_diff('minute', l.newest_at, $now::timestamp) / 60 as age_h,
    date_diff('minute', l.newest_at, f.newest_event_at) > 60 * parameter_value('stale_after_h') as is_behind,
    date_diff('minute', l.newest_at, $now::timestamp) > 60 * parameter_value('stale_after_h') as is_stale
from freshness as f
cross join lateral (
    values ('app', f.newest_app_at), ('edge', f.newest_edge_at), ('otlp', f.newest_otlp_at)
) as l (log, newest_at)
where l.newest_at is not null
order by l.newest_at, l.log
