-- Whose client should be mended, and why?
select tenant_id, verdict, grade, findings, retries, paragraph
from client_conduct
where verdict in ('misbehaves', 'could improve')
order by grade desc, retries desc, tenant_id
