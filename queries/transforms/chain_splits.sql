-- First attempts that came more than the life of an idempotency key after the first attempt of
-- their operation: they start a new one. Repeated by the caller until none is left, since each
-- split moves the first attempt from which the next is measured.
select n.response_id
from chain_number as n
where
    n.chain_basis = 'idempotency_key'
    and n.received_us - n.first_us > cast(parameter('idempotency_window_h') as bigint) * 3600000000
group by n.operation_id, n.chain_key, n.response_id, n.attempt
qualify n.attempt = min(n.attempt) over (partition by n.chain_key, n.operation_id);
