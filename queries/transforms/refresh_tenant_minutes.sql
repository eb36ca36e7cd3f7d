-- Figures of the touched hours, by tenant and minute.
delete from store.tenant_minute as t
using touched_hour as h
where
    t.tenant_id is not distinct from h.tenant_id
    and h.hour = moment_of(us(t.minute) // 3600000000 * 3600000000)
    and t.minute >= getvariable('touched_from_at')
    and t.minute < getvariable('touched_to_at');

insert into store.tenant_minute by name
with attempted as (
    select
        r.tenant_id,
        us(r.received_at) // 60000000 as minute_no,
        count(*) as attempts,
        sum(case when r.attempt = 1 then 1 else 0 end) as firsts,
        sum(case when r.is_error is null then 1 else 0 end) as unclassified,
        sum(case when r.is_error is null and r.attempt = 1 then 1 else 0 end) as first_unclassified,
        sum(case when r.is_error then 1 else 0 end) as errors,
        sum(case when r.is_error and r.attempt = 1 then 1 else 0 end) as first_errors,
        sum(case when r.is_error and r.error_code = 4002 then 1 else 0 end) as refused,
        sum(case when r.is_error and r.error_code = 4002 and r.attempt = 1 then 1 else 0 end) as refused_firsts,
        sum(case when r.chain_basis = 'idempotency_key' then 1 else 0 end) as keyed_attempts,
        sum(case when r.chain_basis = 'attempt_header' then 1 else 0 end) as declared_attempts,
        sum(case when r.chain_basis = 'weak_fingerprint' then 1 else 0 end) as weak_attempts
    from store.response as r
    inner join touched_hour as h
        on h.tenant_id is not distinct from r.tenant_id
        and h.hour = moment_of(us(r.received_at) // 3600000000 * 3600000000)
    where
        r.received_at >= getvariable('touched_from_at')
        and r.received_at < getvariable('touched_to_at')
    group by r.tenant_id, us(r.received_at) // 60000000
),
ten_seconds as (
    select
        r.tenant_id,
        us(r.received_at) // 10000000 as slice_no,
        count(*) as retries,
        sum(case when r.previous_error_code = 4002 then 1 else 0 end) as retries_after_4002,
        sum(case when r.is_early then 1 else 0 end) as early_retries,
        sum(case when r.previous_retryable = false then 1 else 0 end) as retries_of_final_errors,
        sum(case when r.chain_basis = 'weak_fingerprint' then 1 else 0 end) as weak_retries,
        -- Rate limited, told how long to wait, and waited: done as asked.
        sum(case
            when r.previous_error_code = 1007 and r.told_to_wait_s is not null and not r.is_early then 1
            else 0
        end) as patient_retries
    from store.retry as r
    inner join touched_hour as h
        on h.tenant_id is not distinct from r.tenant_id
        and h.hour = moment_of(us(r.received_at) // 3600000000 * 3600000000)
    where
        r.received_at >= getvariable('touched_from_at')
        and r.received_at < getvariable('touched_to_at')
    group by r.tenant_id, us(r.received_at) // 10000000
),
retried as (
    select
        tenant_id,
        slice_no // 6 as minute_no,
        sum(retries_after_4002) as retries_after_4002,
        sum(early_retries) as early_retries,
        sum(retries_of_final_errors) as retries_of_final_errors,
        sum(weak_retries) as weak_retries,
        sum(patient_retries) as patient_retries,
        max(retries) as peak_retries_10s,
        max(retries - patient_retries) as peak_pressing_10s
    from ten_seconds
    group by tenant_id, slice_no // 6
),
begun as (
    select
        o.tenant_id,
        us(o.first_at) // 60000000 as minute_no,
        sum(case when o.succeeded then 1 else 0 end) as succeeded_operations,
        sum(case when o.succeeded is null then 1 else 0 end) as unknown_operations
    from store.operation as o
    inner join touched_hour as h
        on h.tenant_id is not distinct from o.tenant_id
        and h.hour = moment_of(us(o.first_at) // 3600000000 * 3600000000)
    where
        o.first_at >= getvariable('touched_from_at')
        and o.first_at < getvariable('touched_to_at')
    group by o.tenant_id, us(o.first_at) // 60000000
)
select
    a.tenant_id,
    moment_of(a.minute_no * 60000000) as minute,
    a.attempts,
    a.firsts,
    a.attempts - a.firsts as retries,
    a.unclassified,
    a.first_unclassified,
    a.errors,
    a.first_errors,
    a.refused,
    a.refused_firsts,
    a.keyed_attempts,
    a.declared_attempts,
    a.weak_attempts,
    coalesce(r.retries_after_4002, 0) as retries_after_4002,
    coalesce(r.early_retries, 0) as early_retries,
    coalesce(r.retries_of_final_errors, 0) as retries_of_final_errors,
    coalesce(r.weak_retries, 0) as weak_retries,
    coalesce(r.patient_retries, 0) as patient_retries,
    coalesce(r.peak_retries_10s, 0) as peak_retries_10s,
    coalesce(r.peak_pressing_10s, 0) as peak_pressing_10s,
    coalesce(b.succeeded_operations, 0) as succeeded_operations,
    coalesce(b.unknown_operations, 0) as unknown_operations
from attempted as a
left join retried as r
    on r.tenant_id is not distinct from a.tenant_id and r.minute_no = a.minute_no
left join begun as b
    on b.tenant_id is not distinct from a.tenant_id and b.minute_no = a.minute_no;
