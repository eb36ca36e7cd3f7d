-- Copies of events that are there already.
delete from store.event
where
    source_no >= getvariable('first_source_no')
    and event_row(source_no, line_number, record_number) in (select event_row from repeated_event);
-- An earlier event that moves to its copy's place is one of the new ones from there on.
delete from earlier_event as e
where
    event_row(e.source_no, e.line_number, e.record_number) in (
        select event_row(r.kept_source_no, r.kept_line_number, r.kept_record_number)
        from repeated_event as r
        where r.place_line_number < r.kept_line_number
    )
