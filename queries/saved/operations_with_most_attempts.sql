-- Which operations were tried most often?
select operation_id, tenant_id, http_route, attempts, outcome, first_error_code, last_error_code, first_at, last_at
from operations
where attempts > 1
order by attempts desc, first_at, operation_id
limit 50
