-- Number and time of a run that begins, and the state it finds.
select
    (select coalesce(max(run_no), 0) + 1 from store.ingest_run),
    (now() at time zone 'UTC')::timestamp,
    (select max(value::bigint) from store.meta where key = 'content_no')
