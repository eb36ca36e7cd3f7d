-- Responses and errors of the touched hours by minute and by hour, tenant, surface and kind of answer.
-- Hours are summed from the minutes: there are fewer.
delete from store.response_minute as m
using touched_hour as h
where
    m.tenant_id is not distinct from h.tenant_id
    and h.hour = moment_of(us(m.minute) // 3600000000 * 3600000000)
    and m.minute >= getvariable('touched_from_at')
    and m.minute < getvariable('touched_to_at');

delete from store.response_hour as s
using touched_hour as h
where
    s.tenant_id is not distinct from h.tenant_id
    and h.hour = s.hour
    and s.hour >= getvariable('touched_from_at')
    and s.hour < getvariable('touched_to_at');

-- Nine of ten responses are successes, of which little is asked; only the others meet other tables.
insert into store.response_minute by name
select
    moment_of(us(r.occurred_at) // 60000000 * 60000000) as minute,
    r.tenant_id,
    r.surface,
    false as is_error,
    count(*) as responses,
    sum(case when r.attempt = 1 then 1 else 0 end) as first_attempts,
    0 as first_of_code,
    0 as logical_failures,
    0 as failed_retryable,
    0 as failed_final,
    0 as failed_unsaid,
    min(r.occurred_at) as first_sent_at,
    max(r.occurred_at) as last_sent_at
from store.response as r
inner join touched_hour as h
    on h.tenant_id is not distinct from r.tenant_id
    and h.hour = moment_of(us(r.occurred_at) // 3600000000 * 3600000000)
where
    r.is_error = false
    and r.occurred_at >= getvariable('touched_from_at')
    and r.occurred_at < getvariable('touched_to_at')
group by us(r.occurred_at) // 60000000, r.tenant_id, r.surface;

insert into store.response_minute by name
with failed as (
    -- Named after its first attempt, which was no success: another would have ended it.
    select o.operation_id, o.last_retryable
    from store.operation as o
    where
        o.succeeded = false
        -- Received before it was answered, by less than a day: a longer one was rejected.
        and o.first_at >= moment_of(us(getvariable('touched_from_at')) - 86400000000)
        and o.first_at < getvariable('touched_to_at')
),
met as (
    select t.response_id
    from store.retry as t
    where
        t.is_first_of_code
        and t.occurred_at >= getvariable('touched_from_at')
        and t.occurred_at < getvariable('touched_to_at')
),
sent as (
    select
        us(r.occurred_at) // 60000000 as minute_no,
        r.tenant_id,
        r.surface,
        r.is_error,
        case when r.is_error then r.error_code end as error_code,
        case when r.is_error then r.retryable end as retryable,
        case when r.is_error then r.http_route end as http_route,
        r.attempt,
        r.http_status,
        m.response_id is not null as is_first_met,
        f.operation_id is not null as is_failed,
        f.last_retryable,
        r.occurred_at,
        r.trace_id,
        -- Two may be sent in the same microsecond: the id decides, whatever the order of loading.
        cast(us(r.occurred_at) as hugeint) * 18446744073709551616 + cast(r.response_id as hugeint) as position
    from store.response as r
    inner join touched_hour as h
        on h.tenant_id is not distinct from r.tenant_id
        and h.hour = moment_of(us(r.occurred_at) // 3600000000 * 3600000000)
    left join failed as f on f.operation_id = r.response_id
    left join met as m on m.response_id = r.response_id
    where
        (r.is_error or r.is_error is null)
        and r.occurred_at >= getvariable('touched_from_at')
        and r.occurred_at < getvariable('touched_to_at')
)
select
    moment_of(s.minute_no * 60000000) as minute,
    s.tenant_id,
    s.surface,
    s.is_error,
    s.error_code,
    s.retryable,
    s.http_route,
    count(*) as responses,
    sum(case when s.attempt = 1 then 1 else 0 end) as first_attempts,
    sum(case when s.is_error and (s.attempt = 1 or s.is_first_met) then 1 else 0 end) as first_of_code,
    sum(case when s.is_error and s.http_status between 200 and 299 then 1 else 0 end) as logical_failures,
    sum(case when s.is_failed and s.last_retryable then 1 else 0 end) as failed_retryable,
    sum(case when s.is_failed and not s.last_retryable then 1 else 0 end) as failed_final,
    sum(case when s.is_failed and s.last_retryable is null then 1 else 0 end) as failed_unsaid,
    min(s.occurred_at) as first_sent_at,
    max(s.occurred_at) as last_sent_at,
    case when s.is_error then max_by(s.trace_id, s.position) end as last_trace_id
from sent as s
group by s.minute_no, s.tenant_id, s.surface, s.is_error, s.error_code, s.retryable, s.http_route;

insert into store.response_hour by name
select
    moment_of(us(m.minute) // 3600000000 * 3600000000) as hour,
    m.tenant_id,
    m.surface,
    m.is_error,
    m.error_code,
    m.retryable,
    m.http_route,
    sum(m.responses) as responses,
    sum(m.first_attempts) as first_attempts,
    sum(m.first_of_code) as first_of_code,
    sum(m.logical_failures) as logical_failures,
    sum(m.failed_retryable) as failed_retryable,
    sum(m.failed_final) as failed_final,
    sum(m.failed_unsaid) as failed_unsaid,
    min(m.first_sent_at) as first_sent_at,
    max(m.last_sent_at) as last_sent_at,
    max_by(m.last_trace_id, m.last_sent_at) as last_trace_id
from store.response_minute as m
inner join touched_hour as h
    on h.tenant_id is not distinct from m.tenant_id
    and h.hour = moment_of(us(m.minute) // 3600000000 * 3600000000)
where
    m.minute >= getvariable('touched_from_at')
    and m.minute < getvariable('touched_to_at')
group by
    us(m.minute) // 3600000000, m.tenant_id, m.surface, m.is_error, m.error_code, m.retryable, m.http_route;
