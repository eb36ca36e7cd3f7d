-- When the lines of each tenant run out in the hour of a moment, told from what was received up to it:
-- capacity left, at the rate of the latest minutes (forecast_window_min) without the first of the hour
-- (relief_window_min), in which those who waited come back. Columns as in view saturation_forecast.
-- Use: select * from saturation_forecast_at(timestamp '2026-11-21 10:20').
-- Parameters: moment
with

clock as (
    select
        moment::timestamp as as_of,
        date_trunc('hour', moment::timestamp) as hour,
        greatest(
            moment::timestamp - to_minutes(parameter_value('forecast_window_min')::bigint),
            date_trunc('hour', moment::timestamp) + to_minutes(parameter_value('relief_window_min')::bigint)
        ) as rate_from
),

so_far as (
    select
        r.tenant_id,
        count(*) filter (not r.is_error) as accepted,
        count(*) filter (not r.is_error and r.received_at >= (select c.rate_from from clock as c))
            as accepted_in_window,
        min(r.received_at) filter (r.is_error and r.error_code = 4002) as refused_at
    from store.response as r
    inner join saturable_routes as s on r.http_route is not distinct from s.http_route
    where
        r.received_at >= (select c.hour from clock as c)
        and r.received_at <= (select c.as_of from clock as c)
    group by r.tenant_id
),

-- Only hours before this one: what a forecast may know.
known as (
    select
        h.tenant_id,
        arg_max(h.capacity, h.hour) filter (h.capacity_basis = 'caps in the log') as named,
        quantile_disc(h.accepted, 0.5) filter (not h.is_capacity_censored and h.accepted > 0) as filled
    from saturation_hours as h
    where h.hour < (select c.hour from clock as c)
    group by h.tenant_id
),

sized as (
    select
        f.*,
        c.*,
        coalesce(k.named, k.filled) as capacity,
        case
            when k.named is not null then 'caps in the log'
            when k.filled is not null then 'filled hours'
        end as capacity_basis,
        greatest(epoch_us(c.as_of) - epoch_us(c.rate_from), 0) / 60000000 as rate_minutes
    from so_far as f
    left join known as k on f.tenant_id is not distinct from k.tenant_id
    cross join clock as c
),

timed as (
    select
        s.*,
        case
            when s.refused_at is not null then 'ran out'
            when s.capacity is null then 'unknown capacity'
            when s.accepted >= s.capacity then 'used up'
            when s.accepted_in_window < parameter_value('forecast_min_accepted') then 'too few requests'
        end as settled,
        (s.capacity - s.accepted) * s.rate_minutes / nullif(s.accepted_in_window, 0) as minutes_left,
        -- Both the rate and the arrivals still to come are counts, each as uncertain as its square root.
        exp(wilson_z() * sqrt(
            1 / nullif(s.accepted_in_window, 0) + 1 / nullif(greatest(s.capacity - s.accepted, 0), 0)
        )) as spread
    from sized as s
),

expected as (
    select
        t.*,
        case
            when t.settled = 'ran out' then t.refused_at
            when t.settled = 'used up' then t.as_of
            -- A day is long enough to be beyond the hour, and no overflow of an interval.
            when t.settled is null then t.as_of + to_seconds(least(60 * t.minutes_left, 86400))
        end as middle,
        case when t.settled is null then t.as_of + to_seconds(least(60 * t.minutes_left / t.spread, 86400)) end
            as earliest,
        case when t.settled is null then t.as_of + to_seconds(least(60 * t.minutes_left * t.spread, 86400)) end
            as latest,
        t.hour + interval 1 hour as hour_end
    from timed as t
),

final as (
    select
        e.tenant_id,
        e.hour,
        e.as_of,
        case
            when e.settled in ('ran out', 'used up') then e.settled
            when e.settled is not null then 'cannot tell'
            when e.middle < e.hour_end then 'runs out'
            when e.earliest < e.hour_end then 'may run out'
            else 'lasts'
        end as verdict,
        case when e.middle < e.hour_end then e.middle end as runs_out_at,
        case when coalesce(e.earliest, e.middle) < e.hour_end then coalesce(e.earliest, e.middle) end as runs_out_from,
        case when coalesce(e.latest, e.middle) < e.hour_end then coalesce(e.latest, e.middle) end as runs_out_to,
        case e.settled
            when 'ran out' then 'first 4002 of the hour'
            when 'used up' then 'accepted reached the capacity (' || e.capacity_basis || ')'
            when 'unknown capacity' then 'no capacity known: no earlier hour filled'
            when 'too few requests' then printf(
                '%d accepted in %d min: too few for a rate', e.accepted_in_window, e.rate_minutes::bigint
            )
            else printf(
                'capacity: %s; rate: %d accepted in %d min', e.capacity_basis, e.accepted_in_window,
                e.rate_minutes::bigint
            )
        end as basis,
        e.accepted,
        e.capacity,
        e.capacity_basis,
        e.accepted_in_window,
        e.rate_minutes,
        e.accepted_in_window / nullif(e.rate_minutes, 0) as rate_per_minute
    from expected as e
)

select * from final
