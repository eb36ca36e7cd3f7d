-- How much was erased of each source.
with erased as (
    select distinct e.source_no, e.line_number, e.record_number, 1 as event, 0 as rejected from erased_event as e
    union all
    select distinct r.source_no, r.line_number, r.record_number, 0 as event, 1 as rejected from erased_rejected as r
)
select e.source_no, sum(e.event)::bigint as events, sum(e.rejected)::bigint as rejected
from erased as e
group by e.source_no
order by e.source_no
