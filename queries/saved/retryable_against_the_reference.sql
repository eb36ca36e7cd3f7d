-- Where does the API say something else about retrying than its reference?
select o.error_code, c.error_type, o.http_route, o.retryable, o.retryable_default, o.errors, o.last_seen_at
from retryable_overrides as o
left join error_codes as c on c.error_code = o.error_code
order by o.errors desc, o.error_code, o.http_route
