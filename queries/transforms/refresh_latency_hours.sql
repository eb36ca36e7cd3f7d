-- Histogram of durations by route, for the hours a batch touched: of all tenants, since the rows are not
-- kept by tenant.
create or replace temp table stale_hour as
select distinct t.hour from touched_hour as t;

delete from store.latency_hour as l
where
    l.hour >= getvariable('touched_from_at')
    and l.hour < getvariable('touched_to_at')
    and l.hour in (select s.hour from stale_hour as s);

insert into store.latency_hour by name
with timed as (
    select
        us(r.occurred_at) // 3600000000 as hour_no,
        r.http_route,
        r.duration_ms,
        -- The width of the bucket: a 32nd of the power of two below. No logarithm, whose rounding could
        -- put a duration on either side of a bound. A duration is less than a day.
        case
            when r.duration_ms < 64 then 1
            when r.duration_ms < 128 then 2
            when r.duration_ms < 256 then 4
            when r.duration_ms < 512 then 8
            when r.duration_ms < 1024 then 16
            when r.duration_ms < 2048 then 32
            when r.duration_ms < 4096 then 64
            when r.duration_ms < 8192 then 128
            when r.duration_ms < 16384 then 256
            when r.duration_ms < 32768 then 512
            when r.duration_ms < 65536 then 1024
            when r.duration_ms < 131072 then 2048
            when r.duration_ms < 262144 then 4096
            when r.duration_ms < 524288 then 8192
            when r.duration_ms < 1048576 then 16384
            when r.duration_ms < 2097152 then 32768
            when r.duration_ms < 4194304 then 65536
            when r.duration_ms < 8388608 then 131072
            when r.duration_ms < 16777216 then 262144
            when r.duration_ms < 33554432 then 524288
            else 1048576
        end as width_ms
    from store.response as r
    where
        r.duration_ms >= 0
        and r.occurred_at >= getvariable('touched_from_at')
        and r.occurred_at < getvariable('touched_to_at')
        and us(r.occurred_at) // 3600000000 in (select us(s.hour) // 3600000000 from stale_hour as s)
)
select
    moment_of(t.hour_no * 3600000000) as hour,
    t.http_route,
    t.duration_ms // t.width_ms * t.width_ms as from_ms,
    t.width_ms,
    count(*) as responses
from timed as t
group by t.hour_no, t.http_route, t.duration_ms // t.width_ms, t.width_ms;

drop table stale_hour;
