-- A source whose unfinished last line now belongs to a longer copy.
update store.source
set
    lines = lines - $events - $rejected,
    events = events - $events,
    rejected = rejected - $rejected,
    first_event_at = (select min(e.occurred_at) from store.event as e where e.source_no = $source_no),
    last_event_at = (select max(e.occurred_at) from store.event as e where e.source_no = $source_no)
where source_no = $source_no
