-- How far each kind of log reaches, and what became of its lines. Grain: one row per format.
-- Summed from the sources: the events themselves are too many to be looked through for a page.
select
    s.format,
    count(*) as sources,
    min(s.first_event_at) as first_event_at,
    max(s.last_event_at) as last_event_at,
    max(s.offered_at) as offered_at,
    sum(s.lines)::bigint as lines,
    sum(s.events)::bigint as events,
    sum(s.rejected)::bigint as rejected,
    sum(s.blank)::bigint as blank,
    sum(s.duplicates)::bigint as duplicates
from sources as s
where s.lines > 0
group by s.format
order by lines desc, s.format
