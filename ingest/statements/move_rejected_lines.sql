-- Rejected lines move to a table of their own.
insert into store.rejected_line
select source_no, line_number, record_number, byte_offset, reject_reason, detail
from store.event
where source_no >= $first and reject_reason is not null and reject_reason <> 'blank'
order by source_no, line_number, record_number
