-- Copies of events that are there already.
delete from store.event
where
    source_no >= getvariable('first_source_no')
    and event_row(source_no, line_number, record_number) in (select event_row from repeated_event)
