-- A source whose unfinished last line now belongs to a longer copy.
update store.source
set lines = lines - $events - $rejected, events = events - $events, rejected = rejected - $rejected
where source_no = $source_no
