-- Time to answer by route over any hours: histograms of hours add up, percentiles do not. Columns as in view
-- latency_by_route, without the hour.
-- Use: select * from latency_between(timestamp '2026-11-21', timestamp '2026-11-22').
-- Parameters: from_hour, to_hour
with

buckets as (
    select
        l.http_route,
        l.from_ms,
        max(l.width_ms) as width_ms,
        sum(l.responses)::bigint as responses
    from store.latency_hour as l
    where l.hour >= from_hour::timestamp and l.hour < to_hour::timestamp
    group by l.http_route, l.from_ms
),

summed as (
    select
        b.http_route,
        b.from_ms + (b.width_ms - 1) / 2 as middle_ms,
        b.from_ms + b.width_ms - 1 as last_ms,
        sum(b.responses) over (partition by b.http_route order by b.from_ms) as up_to,
        sum(b.responses) over (partition by b.http_route) as responses
    from buckets as b
),

final as (
    select
        s.http_route,
        max(s.responses)::bigint as responses,
        min(s.middle_ms) filter (100 * s.up_to >= 50 * s.responses) as p50_ms,
        min(s.middle_ms) filter (100 * s.up_to >= 95 * s.responses) as p95_ms,
        min(s.middle_ms) filter (100 * s.up_to >= 99 * s.responses) as p99_ms,
        max(s.last_ms) as longest_ms
    from summed as s
    group by s.http_route
)

select * from final
