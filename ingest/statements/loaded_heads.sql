-- The first lines by which loaded content is recognised.
select distinct s.head_bytes, s.head_sha256
from store.source as s
where s.status in ('loaded', 'grown', 'growing', 'empty') and s.content_bytes > 0
