-- Hours with a 4002, for the tenants and hours a batch touched, and the hour before each: what relieved
-- an hour is seen in the one that follows it.
create or replace temp table stale_hour as
select t.tenant_id, t.hour from touched_hour as t
union
select t.tenant_id, t.hour - interval 1 hour as hour from touched_hour as t;

delete from store.saturation_hour as s
where
    s.hour >= getvariable('touched_from_at') - interval 1 hour
    and s.hour < getvariable('touched_to_at')
    and exists (
        select 1 from stale_hour as t where t.hour = s.hour and t.tenant_id is not distinct from s.tenant_id
    );

delete from store.saturation_route as s
where
    s.hour >= getvariable('touched_from_at') - interval 1 hour
    and s.hour < getvariable('touched_to_at')
    and exists (
        select 1 from stale_hour as t where t.hour = s.hour and t.tenant_id is not distinct from s.tenant_id
    );

-- The 4002 of these hours, numbered in order of arrival.
create or replace temp table refusal as
with refused as (
    select
        r.tenant_id,
        us(r.received_at) // 3600000000 as hour_no,
        us(r.received_at) as received_us,
        r.response_id,
        r.operation_id,
        r.attempt,
        cast(parameter('onset_refusals') as bigint) as onset_refusals,
        -- A header that told the time is as good as the body.
        coalesce(r.retry_after_s, r.retry_after_header_s) * 1000
            - (3600000 - us(r.occurred_at) // 1000 % 3600000) as told_less_top_ms
    from store.response as r
    where
        r.is_error
        and r.error_code = 4002
        and r.received_at >= getvariable('touched_from_at') - interval 1 hour
        and r.received_at < getvariable('touched_to_at')
)
select
    r.*,
    row_number() over (partition by r.tenant_id, r.hour_no order by r.received_us, r.response_id) as place
from refused as r
where exists (
    select 1
    from stale_hour as t
    where us(t.hour) // 3600000000 = r.hour_no and t.tenant_id is not distinct from r.tenant_id
);

create or replace temp table saturated_hour as
with onset as (
    select f.tenant_id, f.hour_no, min(f.received_us) as onset_us
    from refusal as f
    inner join refusal as l
        on l.tenant_id is not distinct from f.tenant_id
        and l.hour_no = f.hour_no
        and l.place = f.place + f.onset_refusals - 1
    where l.received_us - f.received_us <= cast(parameter('onset_window_s') as bigint) * 1000000
    group by f.tenant_id, f.hour_no
),
told as (
    select
        f.tenant_id,
        f.hour_no,
        f.told_less_top_ms,
        row_number() over (partition by f.tenant_id, f.hour_no order by f.told_less_top_ms, f.response_id) as place,
        count(*) over (partition by f.tenant_id, f.hour_no) as told
    from refusal as f
    where f.told_less_top_ms is not null
),
middle as (
    select t.tenant_id, t.hour_no, t.told, t.told_less_top_ms
    from told as t
    where t.place = (t.told + 1) // 2
),
summed as (
    select
        f.tenant_id,
        f.hour_no,
        count(*) as refused,
        sum(case when f.attempt = 1 then 1 else 0 end) as refused_first_attempts,
        count(distinct f.operation_id) as refused_operations,
        min(f.received_us) as first_refused_us,
        max(f.received_us) as last_refused_us
    from refusal as f
    group by f.tenant_id, f.hour_no
)
select
    s.*,
    o.onset_us,
    coalesce(m.told, 0) as told,
    m.told_less_top_ms
from summed as s
left join onset as o on o.tenant_id is not distinct from s.tenant_id and o.hour_no = s.hour_no
left join middle as m on m.tenant_id is not distinct from s.tenant_id and m.hour_no = s.hour_no;

-- Attempts of these hours, and of the first minutes of the hour after each.
create or replace temp table saturated_attempt as
with attempt as (
    select
        r.tenant_id,
        us(r.received_at) // 3600000000 as hour_no,
        us(r.received_at) as received_us,
        r.http_route,
        r.operation_id,
        r.attempt,
        case when r.is_error = false then 1 else 0 end as accepted,
        case when r.is_error and r.error_code = 4002 then 1 else 0 end as refused
    from store.response as r
    where
        r.received_at >= getvariable('touched_from_at') - interval 1 hour
        and r.received_at < getvariable('touched_to_at') + interval 1 hour
)
select
    a.*,
    false as is_relief,
    coalesce(a.received_us > s.onset_us, false) as is_after_onset
from attempt as a
inner join saturated_hour as s on s.hour_no = a.hour_no and s.tenant_id is not distinct from a.tenant_id
union all
select
    a.* replace (a.hour_no - 1 as hour_no),
    true as is_relief,
    false as is_after_onset
from attempt as a
inner join saturated_hour as s on s.hour_no = a.hour_no - 1 and s.tenant_id is not distinct from a.tenant_id
where a.received_us % 3600000000 < cast(parameter('relief_window_min') as bigint) * 60000000;

insert into store.saturation_route by name
select
    a.tenant_id,
    moment_of(a.hour_no * 3600000000) as hour,
    a.http_route,
    sum(case when a.is_relief then 0 else 1 end) as attempts,
    sum(case when a.is_relief or a.attempt > 1 then 0 else 1 end) as first_attempts,
    sum(case when a.is_relief then 0 else a.accepted end) as accepted,
    sum(case when a.is_relief then 0 else a.refused end) as refused,
    sum(case when a.is_after_onset then 1 else 0 end) as attempts_after_onset,
    sum(case when a.is_after_onset then a.accepted else 0 end) as accepted_after_onset,
    sum(case when a.is_relief then 1 else 0 end) as relief_attempts,
    sum(case when a.is_relief then a.accepted else 0 end) as relief_accepted,
    sum(case when a.is_relief then a.refused else 0 end) as relief_refused
from saturated_attempt as a
group by a.tenant_id, a.hour_no, a.http_route;

insert into store.saturation_hour by name
with refused_operation as (
    select distinct f.tenant_id, f.hour_no, f.operation_id from refusal as f
),
followed as (
    select
        o.tenant_id,
        o.hour_no,
        o.operation_id,
        max(case when a.is_relief then 0 else a.accepted end) as is_served,
        max(case when a.is_relief then 1 else 0 end) as is_back,
        max(case when a.is_relief then a.accepted else 0 end) as is_drained
    from refused_operation as o
    inner join saturated_attempt as a
        on a.operation_id = o.operation_id
        and a.hour_no = o.hour_no
        and a.tenant_id is not distinct from o.tenant_id
    group by o.tenant_id, o.hour_no, o.operation_id
),
unmet as (
    select
        f.tenant_id,
        f.hour_no,
        count(*) as unmet_operations,
        sum(f.is_back) as returned_operations,
        sum(f.is_drained) as drained_operations
    from followed as f
    where f.is_served = 0
    group by f.tenant_id, f.hour_no
),
herd as (
    select
        y.tenant_id,
        us(y.received_at) // 3600000000 - 1 as hour_no,
        count(*) as next_retries,
        sum(case when us(y.received_at) % 3600000000 < 60000000 then 1 else 0 end) as next_retries_minute_0
    from store.retry as y
    where
        y.previous_error_code = 4002
        and y.received_at >= getvariable('touched_from_at')
        and y.received_at < getvariable('touched_to_at') + interval 1 hour
    group by y.tenant_id, us(y.received_at) // 3600000000 - 1
)
select
    s.tenant_id,
    moment_of(s.hour_no * 3600000000) as hour,
    s.refused,
    s.refused_first_attempts,
    s.refused_operations,
    coalesce(u.unmet_operations, 0) as unmet_operations,
    coalesce(u.returned_operations, 0) as returned_operations,
    coalesce(u.drained_operations, 0) as drained_operations,
    moment_of(s.first_refused_us) as first_refused_at,
    moment_of(s.onset_us) as onset_at,
    moment_of(s.last_refused_us) as last_refused_at,
    s.told,
    s.told_less_top_ms,
    coalesce(h.next_retries, 0) as next_retries,
    coalesce(h.next_retries_minute_0, 0) as next_retries_minute_0
from saturated_hour as s
left join unmet as u on u.tenant_id is not distinct from s.tenant_id and u.hour_no = s.hour_no
left join herd as h on h.tenant_id is not distinct from s.tenant_id and h.hour_no = s.hour_no;

drop table refusal;
drop table saturated_hour;
drop table saturated_attempt;
drop table stale_hour;
