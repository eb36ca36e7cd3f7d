-- Retries of the operations that were numbered anew, each with the answer it followed.
delete from store.retry
where operation_id in (
    select n.old_operation_id from chain_number as n where not n.is_cut or n.is_touched
    union all
    select n.operation_id from chain_number as n where not n.is_cut or n.is_touched
    union all
    select p.operation_id from replaced_response as p
);

insert into store.retry by name
with first_met as (
    select n.operation_id, n.error_code, min(n.attempt) as attempt
    from chain_number as n
    where n.success = false and (not n.is_cut or n.is_touched)
    group by n.operation_id, n.error_code
)
select
    n.response_id,
    n.previous_response_id,
    n.operation_id,
    r.trace_id,
    p.trace_id as previous_trace_id,
    r.tenant_id,
    r.surface,
    r.http_route,
    r.chain_basis,
    n.attempt,
    r.received_at,
    r.occurred_at,
    n.waited_ms,
    n.previous_error_code,
    n.previous_retryable,
    n.previous_told_s as told_to_wait_s,
    coalesce(
        n.received_us - n.previous_answered_us
        < (n.previous_told_s - cast(parameter('early_tolerance_s') as bigint)) * 1000000,
        false
    ) as is_early,
    r.is_error,
    r.error_code,
    r.retryable,
    f.attempt is not null as is_first_of_code
from chain_number as n
inner join store.response as r
    on r.response_id = n.response_id
    and r.received_at >= getvariable('chain_from_at')
    and r.received_at <= getvariable('chain_to_at')
inner join store.response as p
    on p.response_id = n.previous_response_id
    and p.received_at >= getvariable('chain_from_at')
    and p.received_at <= getvariable('chain_to_at')
left join first_met as f
    on f.operation_id = n.operation_id
    and f.attempt = n.attempt
    and f.error_code is not distinct from n.error_code
where n.attempt > 1 and (not n.is_cut or n.is_touched);
