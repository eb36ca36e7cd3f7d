-- Codes that were first seen in the newest 24 hours
select error_code, error_type, errors, tenants, first_seen_at, meaning
from errors_by_code
where first_seen_at >= (select max(last_seen_at) from errors_by_code) - interval 24 hours
order by first_seen_at desc
