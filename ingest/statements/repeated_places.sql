-- Earlier events whose copy has the lower line number and gives them its place.
select distinct
    kept_source_no, kept_line_number, kept_record_number, place_source_no, place_line_number
from repeated_event
where place_line_number < kept_line_number
