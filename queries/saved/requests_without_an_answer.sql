-- Which requests were never answered?
select http_route, count(*) as requests, min(first_at) as first_at, max(last_at) as last_at,
    arg_max(last_event, last_at) as last_event, max(trace_id) as one_of_them
from unanswered_requests
group by http_route
order by requests desc, http_route
