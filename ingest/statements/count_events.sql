-- Events that each new source ends up with; what is missing from its lines was a duplicate.
select source_no, count(*) as events, min(occurred_at) as first_at, max(occurred_at) as last_at
from store.event
where source_no >= $first
group by source_no
