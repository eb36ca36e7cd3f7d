-- Every line of a loaded file is accounted for: lines = events + rejected + blank + duplicates.
-- Next: keep the file and report it: lines were lost or counted twice while it was read.
select
    's' || s.source_no as source_id,
    s.path,
    s.lines,
    s.events,
    s.rejected,
    s.blank,
    s.duplicates
from store.source as s
where
    s.status in ('loaded', 'grown', 'growing')
    and s.lines != s.events + s.rejected + s.blank + s.duplicates
