-- The event made of a line that was not finished; the longer copy brings it whole.
delete from store.event where source_no = $source_no and line_number = $line_number
returning trace_id, occurred_at
