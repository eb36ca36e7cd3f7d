-- How many events each source brought, in the order in which they came.
select source_no, count(*) as events
from store.event
group by source_no
order by source_no
