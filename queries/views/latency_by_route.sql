-- Time to answer by route. Percentiles are the middle of a bucket of store.latency_hour that holds the
-- value of that rank: exact below 64 ms, above off by at most 1.6 %. Percentiles of hours must not be averaged:
-- latency_between(from_hour, to_hour) adds the histograms.
-- Grain: one row per hour and route.
--
-- hour: start of the hour in which the responses were sent, UTC
-- http_route: route template; NULL if unknown
-- responses: responses with a duration
-- p50_ms: half of them took no longer, ms
-- p95_ms: 95 % of them took no longer, ms
-- p99_ms: 99 % of them took no longer, ms; with fewer than 100 responses the longest
-- longest_ms: upper bound of the longest, ms
with

summed as (
    select
        l.hour,
        l.http_route,
        l.from_ms + (l.width_ms - 1) / 2 as middle_ms,
        l.from_ms + l.width_ms - 1 as last_ms,
        sum(l.responses) over (partition by l.hour, l.http_route order by l.from_ms) as up_to,
        sum(l.responses) over (partition by l.hour, l.http_route) as responses
    from store.latency_hour as l
),

final as (
    select
        s.hour,
        s.http_route,
        max(s.responses)::bigint as responses,
        min(s.middle_ms) filter (100 * s.up_to >= 50 * s.responses) as p50_ms,
        min(s.middle_ms) filter (100 * s.up_to >= 95 * s.responses) as p95_ms,
        min(s.middle_ms) filter (100 * s.up_to >= 99 * s.responses) as p99_ms,
        max(s.last_ms) as longest_ms
    from summed as s
    group by s.hour, s.http_route
)

select * from final
