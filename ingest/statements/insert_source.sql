-- One row for a file that was loaded or refused.
insert into store.source by name
select
    $source_no as source_no, $path as path, $sha256 as sha256, $head_sha256 as head_sha256,
    $head_bytes as head_bytes, $content_bytes as content_bytes, $file_bytes as file_bytes,
    $compression as compression, $format as format, $status as status, $reason as reason,
    $grown_from as grown_from, $lines as lines, $physical_lines as physical_lines,
    $tail_offset as tail_offset, $events as events, $rejected as rejected, $blank as blank,
    $duplicates as duplicates, $erased as erased, $first_event_at as first_event_at, $last_event_at as last_event_at,
    $run_no as run_no, (now() at time zone 'UTC')::timestamp as offered_at
