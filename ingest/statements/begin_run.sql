-- Number and time of a run that begins, and the state it finds. A run that was killed may have left
-- sources without a record of its own; its number is not given away again.
select
    1 + greatest(
        (select coalesce(max(run_no), 0) from store.ingest_run),
        (select coalesce(max(run_no), 0) from store.source)
    ),
    (now() at time zone 'UTC')::timestamp,
    (select max(value::bigint) from store.meta where key = 'content_no')
