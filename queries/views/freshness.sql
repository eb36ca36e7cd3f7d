-- How fresh and how complete the database is.
-- Grain: one row.
--
-- as_of: when the last ingest run finished loading, UTC
-- newest_event_at: latest event, UTC
-- newest_app_at: latest event of the application log, UTC
-- newest_edge_at: latest event of the edge log, UTC
-- newest_otlp_at: latest event of the OTLP export, UTC
-- last_run_no: number of the last ingest run
-- sources_loaded: sources of which lines were loaded
-- sources_refused: files refused
-- lines: lines read
-- events: lines that became an event
-- rejected: lines that could not become an event
-- blank: lines of white space
-- duplicates: readable lines that were loaded before
with

newest as (
    select
        max(e.occurred_at) as newest_event_at,
        max(e.occurred_at) filter (e.kind <= 3) as newest_app_at,
        max(e.occurred_at) filter (e.kind = 4) as newest_edge_at,
        max(e.occurred_at) filter (e.kind = 5) as newest_otlp_at
    from store.event as e
),

last_run as (
    select
        max(i.run_no) as last_run_no,
        max(i.finished_at) as as_of
    from store.ingest_run as i
),

sources_summary as (
    select
        count(*) filter (s.status in ('loaded', 'grown', 'growing')) as sources_loaded,
        count(*) filter (s.status = 'refused') as sources_refused,
        coalesce(sum(s.lines), 0)::bigint as lines,
        coalesce(sum(s.events), 0)::bigint as events,
        coalesce(sum(s.rejected), 0)::bigint as rejected,
        coalesce(sum(s.blank), 0)::bigint as blank,
        coalesce(sum(s.duplicates), 0)::bigint as duplicates
    from store.source as s
)

select
    l.as_of,
    n.newest_event_at,
    n.newest_app_at,
    n.newest_edge_at,
    n.newest_otlp_at,
    l.last_run_no,
    s.sources_loaded,
    s.sources_refused,
    s.lines,
    s.events,
    s.rejected,
    s.blank,
    s.duplicates
from newest as n, last_run as l, sources_summary as s
