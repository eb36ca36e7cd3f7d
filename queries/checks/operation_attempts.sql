-- Every response belongs to an operation that counts it, attempts are numbered from 1 without a gap, and
-- an operation is named after its first attempt.
-- Next: build the database again from the logs: chains and responses disagree.
with

chains as (
    select
        r.operation_id,
        count(*) as attempts,
        min(r.attempt) as first_attempt,
        max(r.attempt) as last_attempt,
        sum(r.attempt)::bigint as attempt_sum,
        count(*) filter (r.attempt = 1 and r.response_id = r.operation_id) as heads
    from store.response as r
    group by all
),

final as (
    select
        printf('%016x', coalesce(o.operation_id, c.operation_id)) as operation_id,
        o.attempts as attempts_counted,
        c.attempts as attempts_stored,
        c.first_attempt,
        c.last_attempt,
        c.heads
    from store.operation as o
    full join chains as c on o.operation_id = c.operation_id
    where
        o.attempts is distinct from c.attempts
        or c.first_attempt != 1
        or c.last_attempt != c.attempts
        or c.attempt_sum != c.attempts * (c.attempts + 1) // 2
        or c.heads != 1
)

select * from final
