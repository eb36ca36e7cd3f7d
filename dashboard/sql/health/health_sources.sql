-- Files offered, those that need a look first. Grain: one row per path and content.
select
    s.status,
    s.path,
    s.reason,
    s.format,
    s.lines,
    s.events,
    s.rejected,
    s.blank,
    s.duplicates,
    s.first_event_at,
    s.last_event_at,
    s.compression,
    s.file_bytes,
    s.run_no,
    s.offered_at,
    s.source_id
from sources as s
order by
    s.status != 'refused', coalesce(s.rejected, 0) = 0, s.status != 'growing',
    s.offered_at desc, s.path
limit 1000
