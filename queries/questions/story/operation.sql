-- The operation of a response. The table is read, not the view: its number is found at once, where
-- the view would have to write out every operation's id to compare it.
-- Grain: one row.
select
    o.attempts,
    o.first_at,
    o.last_at,
    o.chain_basis,
    operation_outcome(o.succeeded, o.last_retryable, o.closes_at) as outcome
from store.operation as o
where o.operation_id = ('0x' || $operation_id)::ubigint
