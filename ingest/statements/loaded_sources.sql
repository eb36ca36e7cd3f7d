-- Content that is in the database, in order of arrival.
select
    source_no, path, sha256, head_sha256, head_bytes, content_bytes,
    lines, physical_lines, tail_offset
from store.source
where status in ('loaded', 'grown', 'growing', 'empty') and content_bytes > 0
order by source_no
