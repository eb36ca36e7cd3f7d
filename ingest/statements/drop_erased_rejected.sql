-- Gone from the rejected lines.
delete from store.rejected_line as l
using erased_rejected as x
where
    x.source_no = l.source_no
    and x.line_number = l.line_number
    and x.record_number is not distinct from l.record_number
