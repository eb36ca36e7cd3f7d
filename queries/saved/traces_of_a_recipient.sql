-- What was sent to a number? (its pseudonym: chertlog find gives the traces of a number)
-- Parameters: recipient = r_0000000000000000
select occurred_at, trace_id, tenant_id, http_route, http_status, error_code, attempt
from responses
where recipient = $recipient
order by occurred_at, trace_id
limit 100
