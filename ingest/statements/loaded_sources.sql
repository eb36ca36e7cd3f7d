-- Content that is in the database, in order of arrival: all, or what begins with a first line. Not that
-- of a source whose unfinished last line was handed to a longer copy that has not read it yet: it is in
-- the database without that line, as the copy is, and would hand it over again every time.
select
    s.source_no, s.path, s.sha256, s.head_sha256, s.head_bytes, s.content_bytes,
    s.lines, s.physical_lines, s.tail_offset, s.tail_lines, s.format
from store.source as s
where
    s.status in ('loaded', 'grown', 'growing', 'empty')
    and s.content_bytes > 0
    and ($head_sha256::varchar is null or s.head_sha256 = $head_sha256 and s.head_bytes = $head_bytes)
    and not exists (
        select 1
        from store.source as g
        where g.grown_from = s.source_no and g.content_bytes = s.tail_offset
    )
order by s.source_no
