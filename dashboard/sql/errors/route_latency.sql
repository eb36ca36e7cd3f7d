-- Time to answer by route, in the full hours that the period touches and in the same hours a week before.
-- Grain: one row per route.
select
    l.http_route,
    l.responses,
    l.p50_ms,
    l.p95_ms,
    l.p99_ms,
    l.p95_ms_before as week_before_p95_ms
from latency_between(date_trunc('hour', $start::timestamp), $end::timestamp, days_before := 7) as l
order by l.p95_ms desc, l.http_route
