-- A row for each file that was loaded. All in one statement: one each took longer than reading a small file.
insert into store.source by name
select
    unnest(r.source),
    $run_no as run_no,
    (now() at time zone 'UTC')::timestamp as offered_at
from (
    select
        unnest($sources::struct(
            source_no integer, path varchar, sha256 varchar, head_sha256 varchar, head_bytes integer,
            content_bytes bigint, file_bytes bigint, compression varchar, format varchar, status varchar,
            grown_from integer, lines bigint, physical_lines bigint, tail_offset bigint, tail_lines bigint,
            events bigint, rejected bigint, blank bigint, duplicates bigint, erased bigint, first_event_at timestamp,
            last_event_at timestamp
        )[]) as source
) as r
