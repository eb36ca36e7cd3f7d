-- A file that was offered again, with the same result.
update store.source
set offered_at = (now() at time zone 'UTC')::timestamp
where path = $path and status = $status and reason = $reason
returning 1
