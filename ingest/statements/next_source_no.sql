-- The number that the next source gets.
select coalesce(max(source_no), 0) + 1 from store.source
