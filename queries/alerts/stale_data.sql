-- Nothing new was loaded for a while, so every figure is of the past.
-- Next: see why: chertlog ingest PATH, and Health in the dashboard.
select
    'newest data' as subject,
    'page' as severity,
    f.newest_event_at as started_at,
    printf(
        'the newest data are of %s UTC, %d h old (limit %s h)',
        strftime(f.newest_event_at, '%Y-%m-%d %H:%M'), date_diff('hour', f.newest_event_at, $now::timestamp),
        format('{:g}', parameter_value('stale_after_h'))
    ) as summary,
    'health' as screen
from freshness as f
where f.newest_event_at < $now::timestamp - to_minutes((60 * parameter_value('stale_after_h'))::bigint)
