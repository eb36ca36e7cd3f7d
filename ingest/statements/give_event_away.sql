-- The source that lost an event to another's copy of the line.
update store.source set events = events - 1, duplicates = duplicates + 1 where source_no = $source_no
