-- On which routes do requests fail?
select
    http_route,
    count(*) as responses,
    count(*) filter (is_error) as errors,
    count(*) filter (is_error) / nullif(count(is_error), 0) as error_ratio,
    mode(error_code) filter (is_error) as most_frequent_code
from responses
group by http_route
order by errors desc, http_route
