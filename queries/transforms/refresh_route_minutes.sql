-- First attempts by minute and route, for the hours a batch touched: of all tenants, since the rows are
-- not kept by tenant.
delete from store.route_minute as m
where
    m.minute >= getvariable('touched_from_at')
    and m.minute < getvariable('touched_to_at')
    and us(m.minute) // 3600000000 in (select us(t.hour) // 3600000000 from touched_hour as t);

insert into store.route_minute by name
select
    moment_of(us(r.received_at) // 60000000 * 60000000) as minute,
    r.http_route,
    count(*) as first_attempts,
    sum(case when r.is_error and r.error_code = 4002 then 1 else 0 end) as refused_first_attempts
from store.response as r
where
    r.attempt = 1
    and r.received_at >= getvariable('touched_from_at')
    and r.received_at < getvariable('touched_to_at')
    and us(r.received_at) // 3600000000 in (select us(t.hour) // 3600000000 from touched_hour as t)
group by us(r.received_at) // 60000000, r.http_route;
