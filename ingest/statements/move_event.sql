-- An event takes the place of its copy.
update store.event
set source_no = $source_no, line_number = $line_number
where
    source_no = $kept_source_no
    and line_number = $kept_line_number
    and record_number is not distinct from $kept_record_number
