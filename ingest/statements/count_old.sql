-- Events older than the limit, and the oldest.
select count(*), min(e.occurred_at) from store.event as e where e.occurred_at < $before::timestamp
