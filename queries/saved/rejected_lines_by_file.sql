-- Files with rejected lines, and why the lines were rejected
select s.path, r.reason, count(*) as lines, min(r.line_number) as first_line
from rejected_lines as r
join sources as s using (source_id)
group by s.path, r.reason
order by lines desc
limit 100
