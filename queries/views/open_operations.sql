-- Operations that had not ended when the data end: no success, and another attempt would still belong to
-- them. Whether they failed is not known yet.
-- Grain: one row per operation.
--
-- operation_id: names the operation (response_id of its first attempt), 16 hex digits
-- tenant_id: caller
-- surface: API surface of the first attempt
-- first_at: when the first attempt was received, UTC
-- first_answered_at: when the first attempt was answered, UTC: the time at which error rates count the operation
-- last_retryable: retryable flag of the last answer
-- last_error_code: code of the last error
-- closes_at: until when another attempt would belong to it, UTC
with

unfinished as (
    select o.*
    from store.operation as o
    where
        o.succeeded = false
        and o.closes_at > (select m.value::timestamp from store.meta as m where m.key = 'newest_at')
)

select
    printf('%016x', u.operation_id) as operation_id,
    u.tenant_id,
    u.surface,
    u.first_at,
    r.occurred_at as first_answered_at,
    u.last_retryable,
    u.last_error_code,
    u.closes_at
from unfinished as u
inner join store.response as r on u.operation_id = r.response_id
-- They are few and late, and only of responses so late the ids are read.
where r.received_at >= (select min(u.first_at) from unfinished as u)
