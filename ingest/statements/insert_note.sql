-- One row for a file that was offered and not read.
insert into store.source by name
select
    (select coalesce(max(source_no), 0) + 1 from store.source) as source_no,
    $path as path, $status as status, $reason as reason, $file_bytes as file_bytes,
    $compression as compression, 0 as lines, 0 as events, 0 as rejected, 0 as blank,
    0 as duplicates, 0 as erased, $run_no as run_no, (now() at time zone 'UTC')::timestamp as offered_at
