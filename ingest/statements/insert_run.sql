-- The record of a run that changed something.
insert into store.ingest_run by name
select
    $run_no as run_no, $started_at as started_at,
    (now() at time zone 'UTC')::timestamp as finished_at, $version as tool_version,
    $files as files, $loaded as loaded, $refused as refused, $lines as lines,
    $events as events, $rejected as rejected, $blank as blank, $duplicates as duplicates
