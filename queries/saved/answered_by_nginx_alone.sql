-- What did nginx answer itself?
select http_status, sum(responses)::bigint as responses, min(minute) as first_minute, max(minute) as last_minute
from edge_only_responses
group by http_status
order by responses desc, http_status
