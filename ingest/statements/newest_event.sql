-- The time up to which the data reach.
select max(last_event_at)::varchar from store.source
