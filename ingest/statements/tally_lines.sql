-- What became of the lines of each new source; duplicates are still among the events.
select
    source_no,
    count(*) as lines,
    count(*) filter (where reject_reason is not null and reject_reason <> 'blank') as rejected,
    count(*) filter (where reject_reason = 'blank') as blank
from store.event
where source_no >= $first
group by source_no
