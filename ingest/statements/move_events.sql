-- An event that was there takes the place of its new copy where that has the lower line number, so that
-- the same logs give the same rows in whatever order they came. The copies are gone by now.
create or replace temp table moved_event as
select distinct kept_source_no, kept_line_number, kept_record_number, place_source_no, place_line_number
from repeated_event
where place_line_number < kept_line_number;

update store.event as e
set source_no = m.place_source_no, line_number = m.place_line_number
from moved_event as m
where
    e.source_no = m.kept_source_no
    and e.line_number = m.kept_line_number
    and e.record_number is not distinct from m.kept_record_number;

-- The source that lost an event to another's copy of the line.
update store.source as s
set events = s.events - m.events, duplicates = s.duplicates + m.events
from (select kept_source_no, count(*) as events from moved_event group by kept_source_no) as m
where s.source_no = m.kept_source_no;

-- In its new place it counts as a new event: among the earlier ones it would stand twice.
delete from earlier_event as e
using moved_event as m
where
    e.source_no = m.kept_source_no
    and e.line_number = m.kept_line_number
    and e.record_number is not distinct from m.kept_record_number
