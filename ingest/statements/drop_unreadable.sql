-- What is no event leaves the table of events.
delete from store.event where source_no >= $first and reject_reason is not null
