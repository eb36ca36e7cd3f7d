-- Why most lines of a source were rejected.
select reject_reason, count(*) as lines
from store.event
where source_no = $source_no and reject_reason is not null and reject_reason <> 'blank'
group by reject_reason
order by lines desc, reject_reason
limit 3
