-- Events made of a line that was not finished, or from where a wrapped message without its end begins; the
-- longer copy brings them whole.
delete from store.event where source_no = $source_no and line_number >= $line_number
returning trace_id, occurred_at
