-- Responses by what a customer remembers: whom, about when, with which code. Nearest in time first, or
-- newest first where no time was named.
select
    r.occurred_at,
    r.trace_id,
    r.tenant_id,
    r.http_route,
    r.http_status,
    r.error_code,
    r.retryable,
    r.attempt,
    o.attempts,
    o.outcome
from responses as r
left join operations as o on o.operation_id = r.operation_id
where
    ($tenant::varchar is null or r.tenant_id = $tenant)
    and ($recipient::varchar is null or r.recipient = $recipient)
    and ($code::integer is null or r.error_code = $code)
    and (not $errors or coalesce(r.is_error, false))
    and r.received_at >= $from_at::timestamp
    and r.received_at <= $to_at::timestamp
order by abs(epoch_us(r.received_at) - epoch_us($around::timestamp)), r.occurred_at, r.trace_id
limit $most
