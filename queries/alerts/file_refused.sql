-- A log file was refused: its lines are in no figure.
-- Next: see the reason; then load it with chertlog ingest PATH.
select
    s.path as subject,
    'ticket' as severity,
    s.offered_at as started_at,
    s.path || ' was refused: ' || coalesce(s.reason, 'no reason given') as summary,
    'health' as screen
from sources as s
where s.status = 'refused' and s.offered_at > $now::timestamp - interval 1 day
