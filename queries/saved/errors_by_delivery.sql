-- Which delivery service fails?
select
    delivery_service,
    count(*) as responses,
    count(*) filter (is_error) as errors,
    count(*) filter (error_code between 3000 and 3999) as server_errors,
    mode(internal_code) filter (is_error) as internal_code
from responses
where delivery_service is not null
group by delivery_service
order by errors desc, delivery_service
