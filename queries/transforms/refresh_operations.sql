-- Operations of the responses that were numbered anew, and of new responses whose key occurs once.
insert into store.operation by name
with settled as (
    select n.* from chain_number as n where not n.is_cut or n.is_touched
),
chained as (
    select
        operation_id,
        count(*) as attempts,
        min(received_us) as first_us,
        max(answered_us) as last_us,
        max(attempt) as last_attempt,
        sum(case
            when attempt > 1
                and received_us - previous_answered_us
                    < (previous_told_s - cast(parameter('early_tolerance_s') as bigint)) * 1000000
                then 1
            else 0
        end) as early_retries,
        sum(case when attempt > 1 and previous_retryable = false then 1 else 0 end) as retries_of_final_errors
    from settled
    group by operation_id
),
final_attempt as (
    select settled.operation_id, settled.succeeded, settled.success, settled.retryable, settled.limit_us
    from settled
    inner join chained on chained.operation_id = settled.operation_id and chained.last_attempt = settled.attempt
),
error_ends as (
    select
        operation_id,
        min(case when error_code is not null then attempt end) as first_error,
        max(case when error_code is not null then attempt end) as last_error
    from settled
    group by operation_id
),
codes as (
    select
        error_ends.operation_id,
        max(case when settled.attempt = error_ends.first_error then settled.error_code end) as first_error_code,
        max(case when settled.attempt = error_ends.last_error then settled.error_code end) as last_error_code
    from error_ends
    inner join settled on settled.operation_id = error_ends.operation_id
    group by error_ends.operation_id
)
select
    chained.operation_id,
    r.tenant_id,
    r.surface,
    r.http_route,
    r.chain_basis,
    r.chain_key,
    chained.attempts,
    moment_of(chained.first_us) as first_at,
    moment_of(chained.last_us) as last_at,
    moment_of(chained.last_us + case when final_attempt.succeeded then 0 else final_attempt.limit_us end) as closes_at,
    final_attempt.success as succeeded,
    final_attempt.retryable as last_retryable,
    codes.first_error_code,
    codes.last_error_code,
    chained.early_retries,
    chained.retries_of_final_errors
from chained
inner join final_attempt on final_attempt.operation_id = chained.operation_id
inner join codes on codes.operation_id = chained.operation_id
inner join store.response as r
    on r.response_id = chained.operation_id
    and r.received_at >= getvariable('chain_from_at')
    and r.received_at <= getvariable('chain_to_at');

insert into store.operation by name
select
    r.response_id as operation_id,
    r.tenant_id,
    r.surface,
    r.http_route,
    r.chain_basis,
    r.chain_key,
    1 as attempts,
    r.received_at as first_at,
    r.occurred_at as last_at,
    case
        when coalesce(not r.is_error, r.http_status < 400, false) then r.occurred_at
        else moment_of(us(r.occurred_at) + gap_limit_us(
            r.error_code, coalesce(r.retry_after_s, r.retry_after_header_s), us(r.occurred_at)
        ))
    end as closes_at,
    not r.is_error as succeeded,
    r.retryable as last_retryable,
    r.error_code as first_error_code,
    r.error_code as last_error_code,
    0 as early_retries,
    0 as retries_of_final_errors
from store.response as r
where
    r.batch_no = getvariable('batch_no')
    and r.chain_key not in (select k.chain_key from chain_key as k);
