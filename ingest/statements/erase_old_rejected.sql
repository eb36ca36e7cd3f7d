-- Rejected lines carry no time: they go with the last event of their file, or, in a file without
-- events, with the day it was offered.
insert into erased_rejected
select l.source_no, l.line_number, l.record_number
from store.rejected_line as l
inner join store.source as s on s.source_no = l.source_no
where coalesce(s.last_event_at, s.offered_at) < $before::timestamp
