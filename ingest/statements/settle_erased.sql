-- The books of a source that lost lines: they leave every count but one.
update store.source
set
    lines = lines - $events - $rejected,
    events = events - $events,
    rejected = rejected - $rejected,
    erased = erased + $events + $rejected,
    first_event_at = (select min(e.occurred_at) from store.event as e where e.source_no = $source_no),
    last_event_at = (select max(e.occurred_at) from store.event as e where e.source_no = $source_no)
where source_no = $source_no
