-- What became of the lines of the files behind a window: those whose events reach into it, and those
-- without any event that the latest run was offered.
-- Grain: one row per format and status.
select
    s.format,
    s.status,
    count(*) as files,
    sum(s.lines)::bigint as lines,
    sum(s.events)::bigint as events,
    sum(s.rejected)::bigint as rejected,
    sum(s.blank)::bigint as blank,
    sum(s.duplicates)::bigint as duplicates,
    max(s.last_event_at) as last_event_at
from sources as s
where
    (s.last_event_at >= $since and s.first_event_at < $until)
    or (s.last_event_at is null and s.run_no = (select max(i.run_no) from ingest_runs as i))
group by all
order by s.format, s.status
