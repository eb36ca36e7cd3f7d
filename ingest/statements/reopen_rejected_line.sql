-- The rejected line that was not finished (see reopen_event.sql); the longer copy brings it whole.
delete from store.rejected_line where source_no = $source_no and line_number >= $line_number returning 1
