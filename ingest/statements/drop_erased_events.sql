-- Gone from the events.
delete from store.event as e
using erased_event as x
where
    x.source_no = e.source_no
    and x.line_number = e.line_number
    and x.record_number is not distinct from e.record_number
