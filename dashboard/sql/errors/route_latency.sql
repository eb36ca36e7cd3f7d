-- Time to answer by route, in the full hours that the period touches and in the same hours a week before.
-- Grain: one row per route.
select
    l.http_route,
    l.responses,
    l.p50_ms,
    l.p95_ms,
    l.p99_ms,
    w.p95_ms as week_before_p95_ms
from latency_between(date_trunc('hour', $start::timestamp), $end::timestamp) as l
left join latency_between(
    date_trunc('hour', $start::timestamp) - interval 7 days, $end::timestamp - interval 7 days
) as w
    on l.http_route is not distinct from w.http_route
order by l.p95_ms desc, l.http_route
