-- Responses whose place in their operation has changed.
update store.response as r
set operation_id = n.operation_id, attempt = n.attempt, waited_ms = n.waited_ms
from chain_number as n
where
    r.response_id = n.response_id
    and r.received_at >= getvariable('chain_from_at')
    and r.received_at <= getvariable('chain_to_at')
    and (not n.is_cut or n.is_touched)
    and (
        n.operation_id <> n.old_operation_id
        or n.attempt <> n.old_attempt
        or n.waited_ms is distinct from n.old_waited_ms
    )
