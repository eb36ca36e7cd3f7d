-- Do errors come with a version?
select
    service_version,
    min(occurred_at) as first_at,
    count(*) as responses,
    count(*) filter (is_error) as errors,
    count(*) filter (is_error) / nullif(count(is_error), 0) as error_ratio
from responses
where service_version is not null
group by service_version
order by first_at, service_version
