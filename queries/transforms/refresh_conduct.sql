-- What clients did in the touched hours, counted for the report card (view client_conduct).
--
-- HubSpot and Slack call and repeat by their own rules; what they do is not held against the caller.
-- Two of the counts compare a request with one before it that may have come up to three hours earlier,
-- so the two hours after a touched one are counted anew as well.
create or replace temp macro hour_of(moment) as moment_of(us(moment) // 3600000000 * 3600000000);
-- Names a response by time and id, so that "the first three" are the same whatever the order of loading.
create or replace temp macro first_order(moment, response_id) as
    cast(us(moment) as hugeint) * 18446744073709551616 + cast(response_id as hugeint);
-- Lower end of a class of waits: 32 classes to each doubling.
create or replace temp macro wait_class(wait_ms) as
    case
        when wait_ms < 0 then 0
        when wait_ms < 64 then wait_ms
        else wait_ms // cast(power(2, floor(log2(wait_ms)) - 5) as bigint)
            * cast(power(2, floor(log2(wait_ms)) - 5) as bigint)
    end;

create or replace temp table conduct_touched as
select distinct t.tenant_id, moment_of(us(t.hour) + later.hours * 3600000000) as hour
from touched_hour as t
cross join (values (0), (1), (2)) as later (hours)
where t.tenant_id is not null;

create or replace temp table conduct_span as
select
    min(t.hour) as from_at,
    moment_of(max(us(t.hour)) + 3600000000) as to_at,
    moment_of(min(us(t.hour)) - 3 * 3600000000) as earlier_at
from conduct_touched as t;

delete from store.conduct_hour as c
where exists (select 1 from conduct_touched as t where t.tenant_id = c.tenant_id and t.hour = c.hour);

delete from store.conduct_wait as c
where exists (select 1 from conduct_touched as t where t.tenant_id = c.tenant_id and t.hour = c.hour);

-- Retries of the caller's own client, with the pace that the reference asks for.
create or replace temp table own_retry as
select
    r.tenant_id,
    t.hour,
    r.trace_id,
    first_order(r.received_at, r.response_id) as position,
    r.operation_id,
    r.response_id,
    r.http_route,
    r.chain_basis,
    r.attempt,
    case when r.attempt > 3 then 3 else r.attempt - 1 end as step,
    r.waited_ms,
    r.told_to_wait_s,
    r.is_early,
    r.is_error,
    r.error_code,
    r.previous_error_code,
    r.previous_retryable,
    us(r.received_at) % 3600000000 // 1000000 as second_of_hour,
    case
        when r.previous_retryable = false then null
        when r.told_to_wait_s is not null and not r.is_early then null
        when r.is_early or r.previous_error_code in (1007, 3001, 3002) then 'growing'
        else 'short'
    end as pace
from store.retry as r
inner join conduct_touched as t on t.tenant_id = r.tenant_id and t.hour = hour_of(r.received_at)
where
    r.received_at >= (select s.from_at from conduct_span as s)
    and r.received_at < (select s.to_at from conduct_span as s)
    and r.surface not in ('hubspot', 'slack');

insert into store.conduct_wait by name
select
    o.tenant_id, o.hour, o.pace, o.step, wait_class(o.waited_ms) as wait_ms, count(*) as retries
from own_retry as o
where o.pace is not null
group by o.tenant_id, o.hour, o.pace, o.step, wait_class(o.waited_ms);

-- Counts of everything, without examples.
insert into store.conduct_hour by name
with summed as (
    select
        r.tenant_id,
        hour_of(r.received_at) as hour,
        count(*) as responses,
        sum(case when r.attempt = 1 then 1 else 0 end) as operations,
        sum(case when r.http_method = 'POST' and r.http_route in ('/api/v1/send', '/api/v1/chats')
            -- Without the line of the request nobody knows whether it bore a key.
            and (r.idempotency_key is not null or r.body_hash is not null) then 1 else 0 end) as key_requests,
        sum(case when r.http_method = 'POST' and r.http_route in ('/api/v1/send', '/api/v1/chats')
            and r.idempotency_key is null and r.body_hash is not null then 1 else 0 end) as keyless_requests
    from store.response as r
    where
        r.received_at >= (select s.from_at from conduct_span as s)
        and r.received_at < (select s.to_at from conduct_span as s)
    group by r.tenant_id, hour_of(r.received_at)
),
counted as (
    select s.*
    from summed as s
    inner join conduct_touched as t on t.tenant_id = s.tenant_id and t.hour = s.hour
),
retried as (
    select
        o.tenant_id,
        o.hour,
        count(*) as retries,
        sum(case when o.chain_basis = 'weak_fingerprint' then 1 else 0 end) as weak_retries,
        sum(case when o.told_to_wait_s is not null then 1 else 0 end) as told_retries,
        sum(case when o.previous_error_code = 4002 then 1 else 0 end) as retries_of_4002,
        sum(case when o.attempt = 2 then 1 else 0 end) as retried_operations,
        sum(case when o.pace is not null then 1 else 0 end) as paced_retries,
        sum(case when o.chain_basis = 'idempotency_key' then 1 else 0 end) as keyed_retries
    from own_retry as o
    group by o.tenant_id, o.hour
),
listed as (
    select tenant_id, hour, 'responses' as counted, responses as cases from counted
    union all select tenant_id, hour, 'operations', operations from counted
    union all select tenant_id, hour, 'key_requests', key_requests from counted
    union all select tenant_id, hour, 'keyless_requests', keyless_requests from counted
    union all select tenant_id, hour, 'retries', retries from retried
    union all select tenant_id, hour, 'weak_retries', weak_retries from retried
    union all select tenant_id, hour, 'told_retries', told_retries from retried
    union all select tenant_id, hour, 'retries_of_4002', retries_of_4002 from retried
    union all select tenant_id, hour, 'retried_operations', retried_operations from retried
    union all select tenant_id, hour, 'paced_retries', paced_retries from retried
    union all select tenant_id, hour, 'keyed_retries', keyed_retries from retried
)
select l.tenant_id, l.hour, l.counted, l.cases from listed as l where l.cases > 0;

-- A failed request that bore a key, sent again with the same body and another key: the key protects
-- nothing. At most two hours later, or the hours to count anew would have no end.
create or replace temp table minted_key as
with failed as (
    select distinct r.body_hash
    from store.response as r
    where
        r.received_at >= (select s.earlier_at from conduct_span as s)
        and r.received_at < (select s.to_at from conduct_span as s)
        and r.is_error
        and r.idempotency_key is not null
        and r.body_hash is not null
),
sent as (
    select
        r.tenant_id,
        r.trace_id,
        r.response_id,
        r.received_at,
        r.idempotency_key,
        lag(r.idempotency_key) over again as previous_key,
        lag(r.is_error) over again as previous_is_error,
        lag(us(r.received_at)) over again as previous_received_us,
        lag(us(r.occurred_at)) over again as previous_answered_us,
        lag(gap_limit_us(
            r.error_code, coalesce(r.retry_after_s, r.retry_after_header_s), us(r.occurred_at)
        )) over again as limit_us
    from store.response as r
    where
        r.received_at >= (select s.earlier_at from conduct_span as s)
        and r.received_at < (select s.to_at from conduct_span as s)
        and r.idempotency_key is not null
        and r.body_hash in (select f.body_hash from failed as f)
        and r.surface not in ('hubspot', 'slack')
    window again as (
        partition by r.tenant_id, r.http_method, r.http_route, r.body_hash
        order by r.received_at, r.response_id
    )
)
select
    s.tenant_id, t.hour, s.trace_id, first_order(s.received_at, s.response_id) as position
from sent as s
inner join conduct_touched as t on t.tenant_id = s.tenant_id and t.hour = hour_of(s.received_at)
where
    s.previous_key <> s.idempotency_key
    and s.previous_is_error
    and us(s.received_at) >= s.previous_answered_us
    and us(s.received_at) - s.previous_answered_us <= least(s.limit_us, 7200000000)
    and us(s.received_at) - s.previous_received_us <= 10800000000;

-- One message accepted twice within minutes, not under one key: intended, or a retry that went through
-- although the first attempt had as well.
create or replace temp table double_send as
with accepted as (
    select
        r.tenant_id, r.http_method, r.http_route, r.body_hash, r.trace_id, r.response_id, r.received_at,
        r.idempotency_key
    from store.response as r
    where
        r.received_at >= (select s.earlier_at from conduct_span as s)
        and r.received_at < (select s.to_at from conduct_span as s)
        and r.is_error = false
        and r.recipient is not null
        and r.body_hash in (
            select d.body_hash
            from store.response as d
            where
                d.received_at >= (select s.earlier_at from conduct_span as s)
                and d.received_at < (select s.to_at from conduct_span as s)
                and d.is_error = false
                and d.recipient is not null
            group by d.body_hash
            having count(*) > 1
        )
),
again as (
    select
        a.*,
        lag(a.idempotency_key) over repeated as previous_key,
        lag(us(a.received_at)) over repeated as previous_received_us
    from accepted as a
    window repeated as (
        partition by a.tenant_id, a.http_method, a.http_route, a.body_hash
        order by a.received_at, a.response_id
    )
)
select
    a.tenant_id, t.hour, a.trace_id, first_order(a.received_at, a.response_id) as position
from again as a
inner join conduct_touched as t on t.tenant_id = a.tenant_id and t.hour = hour_of(a.received_at)
where
    us(a.received_at) - a.previous_received_us
        <= least(cast(parameter('duplicate_send_window_min') as bigint), 120) * 60000000
    and (a.idempotency_key is null or a.previous_key is null or a.idempotency_key <> a.previous_key);

-- HubSpot takes 200 for a success and does not come again. A table of its own, since the few rows are
-- then looked up among the retries, and not all responses.
create or replace temp table hubspot_failure as
select
    r.tenant_id, t.hour, r.trace_id, r.response_id, first_order(r.received_at, r.response_id) as position
from store.response as r
inner join conduct_touched as t on t.tenant_id = r.tenant_id and t.hour = hour_of(r.received_at)
where
    r.received_at >= (select s.from_at from conduct_span as s)
    and r.received_at < (select s.to_at from conduct_span as s)
    and r.surface = 'hubspot'
    and r.is_error
    and r.retryable
    and r.http_status between 200 and 299;

-- Cases with examples, one block each.
insert into store.conduct_hour by name
with cases as (
    select 'early_retries' as counted, o.tenant_id, o.hour, o.trace_id, o.position
    from own_retry as o
    where o.is_early
    union all
    select 'early_succeeded', o.tenant_id, o.hour, o.trace_id, o.position
    from own_retry as o
    where o.is_early and o.is_error = false
    union all
    select 'retries_of_final_errors', o.tenant_id, o.hour, o.trace_id, o.position
    from own_retry as o
    where o.previous_retryable = false
    union all
    select 'excusable_retries', o.tenant_id, o.hour, o.trace_id, o.position
    from own_retry as o
    where
        o.previous_retryable = false
        and o.previous_error_code in (1012, 2008, 2010)
        and o.waited_ms >= cast(parameter('excusable_after_s') as bigint) * 1000
    union all
    select 'hasty_retries', o.tenant_id, o.hour, o.trace_id, o.position
    from own_retry as o
    where
        o.waited_ms < parameter('backoff_pass_factor') * 1000
            * case when o.pace = 'short' or o.step = 1 then 1 when o.step = 2 then 2 else 4 end
        and o.pace is not null
    union all
    select 'immediate_retries', o.tenant_id, o.hour, o.trace_id, o.position
    from own_retry as o
    where o.waited_ms < cast(parameter('immediate_retry_ms') as bigint)
    union all
    select 'uncapped_operations', o.tenant_id, o.hour, o.trace_id, o.position
    from own_retry as o
    where o.attempt = cast(parameter('max_attempts') as bigint) + 1
    union all
    select 'minute_0', o.tenant_id, o.hour, o.trace_id, o.position
    from own_retry as o
    where o.previous_error_code = 4002 and o.second_of_hour < 60
    union all
    select 'first_seconds', o.tenant_id, o.hour, o.trace_id, o.position
    from own_retry as o
    where
        o.previous_error_code = 4002
        and o.second_of_hour < least(cast(parameter('herd_spread_s') as bigint), 60)
    union all
    select 'stale_signatures', o.tenant_id, o.hour, o.trace_id, o.position
    from own_retry as o
    where o.previous_retryable and o.error_code in (2004, 2013)
    union all
    select 'minted_keys', m.tenant_id, m.hour, m.trace_id, m.position
    from minted_key as m
    union all
    select 'duplicate_sends', d.tenant_id, d.hour, d.trace_id, d.position
    from double_send as d
    union all
    select 'keyless_retries', r.tenant_id, o.hour, r.trace_id, o.position
    from own_retry as o
    inner join store.response as r on r.response_id = o.response_id
    where
        r.attempt > 1
        and o.chain_basis <> 'idempotency_key'
        and o.http_route in ('/api/v1/send', '/api/v1/chats')
        and r.received_at >= (select s.from_at from conduct_span as s)
        and r.received_at < (select s.to_at from conduct_span as s)
        and r.http_method = 'POST'
        and r.idempotency_key is null
        and r.body_hash is not null
    union all
    select 'lost_retryables', l.tenant_id, l.hour, l.trace_id, l.position
    from hubspot_failure as l
    where
        not exists (
            select 1
            from store.retry as later
            where
                later.previous_response_id = l.response_id
                and later.received_at >= (select s.from_at from conduct_span as s)
        )
    union all
    -- Three retries and nothing but 3001 so far: the fourth attempt stands for its operation.
    select 'persistent_3001', o.tenant_id, o.hour, o.trace_id, o.position
    from own_retry as o
    where
        o.attempt = 4
        and o.error_code = 3001
        and o.previous_error_code = 3001
        and 2 = (
            select count(*)
            from store.retry as earlier
            where
                earlier.operation_id = o.operation_id
                and earlier.attempt in (2, 3)
                and earlier.previous_error_code = 3001
                and earlier.error_code = 3001
        )
        and not exists (
            select 1
            from store.retry as later
            where
                later.operation_id = o.operation_id
                and later.attempt > 4
                and later.error_code is distinct from 3001
        )
    union all
    select 'not_configured_3003', r.tenant_id, t.hour, r.trace_id, first_order(r.received_at, r.response_id)
    from store.response as r
    inner join conduct_touched as t on t.tenant_id = r.tenant_id and t.hour = hour_of(r.received_at)
    where
        r.received_at >= (select s.from_at from conduct_span as s)
        and r.received_at < (select s.to_at from conduct_span as s)
        and r.error_code = 3003
)
select
    c.tenant_id,
    c.hour,
    c.counted,
    count(*) as cases,
    arg_min(c.trace_id, c.position, 3) as trace_ids
from cases as c
group by c.tenant_id, c.hour, c.counted;

drop table own_retry;
drop table minted_key;
drop table double_send;
drop table hubspot_failure;
