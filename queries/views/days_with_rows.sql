-- Days for which the error rates have rows: from the first day with a response to the last, except
-- inside stretches of more than filled_gap_days without any (a wrong clock would add millions).
-- Grain: one row per day.
--
-- day: UTC day
-- first_at: when the first response of all was sent, UTC
-- last_at: when the last response of all was sent, UTC
with

days as (
    select
        h.hour::date as day,
        min(h.first_sent_at) as first_at,
        max(h.last_sent_at) as last_at
    from store.response_hour as h
    group by all
),

gaps as (
    select
        d.day,
        lag(d.day) over (order by d.day) as previous_day,
        min(d.first_at) over () as first_at,
        max(d.last_at) over () as last_at
    from days as d
),

final as (
    select
        unnest(range(
            case
                when g.day - g.previous_day <= parameter_value('filled_gap_days')
                    then g.previous_day + 1
                else g.day
            end::timestamp,
            (g.day + 1)::timestamp,
            interval 1 day
        ))::date as day,
        g.first_at,
        g.last_at
    from gaps as g
)

select * from final
