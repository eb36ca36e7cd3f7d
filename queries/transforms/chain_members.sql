-- All responses of those keys near this batch, each with what decides whether it continues the
-- chain of the one before. Without a key: not after a success, not before the answer, and not after
-- a gap over the limit that the previous answer sets. With a key: not after a success.
create or replace temp table chain_member as
with member as (
    select
        r.response_id,
        r.tenant_id,
        r.chain_basis,
        r.chain_key,
        us(r.received_at) as received_us,
        us(r.occurred_at) as answered_us,
        -- Where only the edge saw it, the status is all there is.
        coalesce(not r.is_error, r.http_status < 400, false) as succeeded,
        not r.is_error as success,
        r.error_code,
        r.retryable,
        coalesce(r.retry_after_s, r.retry_after_header_s) as told_s,
        r.batch_no = getvariable('batch_no') as is_fresh,
        r.operation_id as old_operation_id,
        r.attempt as old_attempt,
        r.waited_ms as old_waited_ms
    from store.response as r
    where
        r.received_at >= getvariable('chain_from_at')
        and r.received_at <= getvariable('chain_to_at')
        and r.chain_key in (select k.chain_key from chain_key as k)
),
limited as (
    select
        member.*,
        gap_limit_us(error_code, told_s, answered_us) as limit_us
    from member
),
compared as (
    select
        limited.*,
        row_number() over chain as position,
        lag(response_id) over chain as previous_response_id,
        lag(error_code) over chain as previous_error_code,
        lag(answered_us) over chain as previous_answered_us,
        lag(received_us) over chain as previous_received_us,
        lag(limit_us) over chain as previous_limit_us,
        lag(succeeded) over chain as previous_succeeded,
        lag(told_s) over chain as previous_told_s,
        lag(retryable) over chain as previous_retryable
    from limited
    window chain as (partition by chain_key order by received_us, answered_us, response_id)
)
select
    compared.*,
    case
        when position = 1 or previous_succeeded then true
        when chain_basis = 'idempotency_key' then
            received_us - previous_received_us
            > cast(parameter('idempotency_window_h') as bigint) * 3600000000
        else
            received_us < previous_answered_us
            or received_us - previous_answered_us > previous_limit_us
    end as starts
from compared;
