-- Lines named as used up, for the tenants and hours a batch touched. An internal line belongs to the
-- hour in which its request was received, so events are read with their responses.
delete from store.line_hour as l
where
    l.hour >= getvariable('touched_from_at')
    and l.hour < getvariable('touched_to_at')
    and exists (
        select 1 from touched_hour as t where t.hour = l.hour and t.tenant_id is not distinct from l.tenant_id
    );

insert into store.line_hour by name
with refused as (
    select r.tenant_id, r.trace_id, us(r.received_at) as received_us, us(r.occurred_at) as answered_us
    from store.response as r
    where
        r.is_error
        and r.error_code = 4002
        and r.received_at >= getvariable('touched_from_at')
        and r.received_at < getvariable('touched_to_at')
        and exists (
            select 1
            from touched_hour as t
            where
                us(t.hour) // 3600000000 = us(r.received_at) // 3600000000
                and t.tenant_id is not distinct from r.tenant_id
        )
),
-- A trace_id may be used again, so the event must lie within its request (clocks of hosts may differ).
named as (
    select
        r.tenant_id,
        r.received_us // 3600000000 as hour_no,
        r.received_us,
        e.source_no,
        e.line_number,
        unnest(e.lines) as state
    from store.event as e
    inner join refused as r
        on r.trace_id = e.trace_id
        and r.tenant_id is not distinct from e.tenant_id
        and us(e.occurred_at) between r.received_us - 60000000 and r.answered_us + 60000000
    where
        e.kind <= 3
        and e.lines is not null
        and e.occurred_at >= getvariable('touched_from_at') - interval 1 hour
        and e.occurred_at < getvariable('touched_to_at') + interval 1 hour
),
state as (
    select
        n.tenant_id,
        n.hour_no,
        n.received_us,
        n.state.line as line_id,
        n.state.used as used,
        n.state.cap as cap
    from named as n
    where n.state.line is not null
),
line as (
    select
        s.tenant_id,
        s.hour_no,
        s.line_id,
        max(s.cap) as cap,
        max(s.used) as used,
        count(*) as refusals,
        min(case when s.used >= s.cap then s.received_us end) as first_named_us
    from state as s
    group by s.tenant_id, s.hour_no, s.line_id
),
-- An event may be logged in the hour after its request, or before it where clocks differ. Joined by
-- the hour as well: a line delivers in every hour.
near as (
    select l.tenant_id, l.hour_no, l.line_id, l.cap, l.hour_no + d.hours as event_hour_no
    from line as l
    cross join (select -1 as hours union all select 0 union all select 1) as d
),
delivered as (
    select
        n.tenant_id,
        n.hour_no,
        n.line_id,
        n.cap,
        us(r.received_at) as received_us,
        row_number() over (
            partition by n.tenant_id, n.hour_no, n.line_id order by us(r.received_at), r.response_id
        ) as place
    from store.event as e
    inner join store.context as c on c.context_id = e.context_id and c.event = 'delivery.ok'
    inner join near as n
        on n.line_id = e.line_id
        and n.event_hour_no = us(e.occurred_at) // 3600000000
        and n.tenant_id is not distinct from e.tenant_id
    inner join store.response as r
        on r.trace_id = e.trace_id
        and us(r.received_at) // 3600000000 = n.hour_no
        and r.tenant_id is not distinct from e.tenant_id
        and us(e.occurred_at) between us(r.received_at) - 60000000 and us(r.occurred_at) + 60000000
    where
        e.kind = 3
        and e.occurred_at >= getvariable('touched_from_at') - interval 1 hour
        and e.occurred_at < getvariable('touched_to_at') + interval 1 hour
        and r.received_at >= getvariable('touched_from_at')
        and r.received_at < getvariable('touched_to_at')
),
sent as (
    select
        d.tenant_id,
        d.hour_no,
        d.line_id,
        count(*) as sends,
        min(case when d.place = d.cap then d.received_us end) as cap_reached_us
    from delivered as d
    group by d.tenant_id, d.hour_no, d.line_id
)
select
    l.tenant_id,
    moment_of(l.hour_no * 3600000000) as hour,
    l.line_id,
    l.cap,
    l.used,
    l.refusals,
    moment_of(l.first_named_us) as first_named_at,
    coalesce(s.sends, 0) as sends,
    moment_of(s.cap_reached_us) as cap_reached_at
from line as l
left join sent as s
    on s.tenant_id is not distinct from l.tenant_id and s.hour_no = l.hour_no and s.line_id = l.line_id;
