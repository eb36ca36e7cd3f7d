-- Time to answer by route over any hours: histograms of hours add up, percentiles do not. Columns are those of
-- view latency_by_route without the hour, and p95_ms_before: that of the same hours so many days before, for periods
-- no longer than that (NULL if none were asked for, or the route did not answer then).
-- Use: select * from latency_between(timestamp '2026-11-21', timestamp '2026-11-22', days_before := 7).
-- Parameters: from_hour, to_hour, days_before := 0
with

buckets as (
    select
        l.hour < from_hour::timestamp as is_before,
        l.http_route,
        l.from_ms,
        max(l.width_ms) as width_ms,
        sum(l.responses)::bigint as responses
    from store.latency_hour as l
    where
        l.hour >= from_hour::timestamp - to_days(days_before)
        and l.hour < to_hour::timestamp
        -- An hour in both could be counted in one only.
        and case
            when days_before > 0 and to_hour::timestamp - to_days(days_before) > from_hour::timestamp
                then error('latency_between: days_before is shorter than the period')
            else true
        end
        and (l.hour >= from_hour::timestamp or l.hour < to_hour::timestamp - to_days(days_before))
    group by is_before, l.http_route, l.from_ms
),

summed as (
    select
        b.is_before,
        b.http_route,
        b.from_ms + (b.width_ms - 1) / 2 as middle_ms,
        b.from_ms + b.width_ms - 1 as last_ms,
        sum(b.responses) over (partition by b.is_before, b.http_route order by b.from_ms) as up_to,
        sum(b.responses) over (partition by b.is_before, b.http_route) as responses
    from buckets as b
),

final as (
    select
        s.http_route,
        max(s.responses) filter (not s.is_before)::bigint as responses,
        min(s.middle_ms) filter (not s.is_before and 100 * s.up_to >= 50 * s.responses) as p50_ms,
        min(s.middle_ms) filter (not s.is_before and 100 * s.up_to >= 95 * s.responses) as p95_ms,
        min(s.middle_ms) filter (not s.is_before and 100 * s.up_to >= 99 * s.responses) as p99_ms,
        max(s.last_ms) filter (not s.is_before) as longest_ms,
        min(s.middle_ms) filter (s.is_before and 100 * s.up_to >= 95 * s.responses) as p95_ms_before
    from summed as s
    group by s.http_route
)

select * from final
where responses is not null
