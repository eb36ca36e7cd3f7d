-- Hours in which a tenant was answered 4002 (every line saturated), by when the requests were received:
-- when the lines ran out, how much demand was left, and whether the next hour brought relief. Attempts
-- and accepted requests are counted on routes that ever answered 4002.
-- Grain: one row per tenant and hour with a 4002.
--
-- tenant_id: caller; NULL if unknown
-- hour: start of the hour, UTC
-- attempts: responses, on routes that ever answered 4002
-- first_attempts: of these, first attempts of their operation
-- accepted: of the attempts, successes
-- refused: responses 4002
-- refused_first_attempts: of these, first attempts of their operation
-- refused_operations: distinct operations that met a 4002
-- unmet_operations: of these, those without a success received before the hour ended
-- demand_operations: accepted + unmet_operations: what the lines would have had to carry
-- refused_share: refused / attempts
-- refused_operations_share: refused_operations / (accepted + unmet_operations)
-- refusals_per_operation: refused / refused_operations; above 3 it is retries that fill the log, not demand
-- first_refused_at: when the first request answered 4002 was received, UTC
-- first_refused_minute: its minute, 0 to 59
-- onset_at: first 4002 that 3 more followed within 2 minutes (parameters onset_refusals, onset_window_s);
--   NULL if they never came so close
-- last_refused_at: when the last request answered 4002 was received, UTC
-- saturated_fraction: share of the hour from onset_at to its end; NULL without an onset
-- capacity: messages the tenant's lines carry in an hour; NULL where nothing tells
-- capacity_basis: caps in the log: sum over the lines named as used up in this hour; filled hours: median of
--   accepted over the tenant's hours that filled; lower bound: accepted. At least accepted in any case
-- is_capacity_censored: the hour did not fill (no onset, or more than no_relief_share of the attempts after it
--   were accepted), so that accepted is only a lower bound of capacity
-- utilisation: accepted / capacity
-- overload_ratio: demand_operations / accepted: 2 means twice the lines are needed; NULL if nothing was accepted
-- relief: from the first 6 minutes of the next hour (relief_window_min): unknown: no attempts; relieved: no
--   4002; no relief: accepted less than 10 % (no_relief_share) of capacity; herd took it: else
-- is_relief_settled: the data reach beyond those minutes, so that relief will not change
-- herd_lift: 60 x the share of the next hour's retries of a 4002 that fall in its minute 0; 1 is even
-- returned_operations: unmet operations that tried again in those first minutes
-- drained_operations: unmet operations that succeeded there
-- drain: drained_operations / unmet_operations
-- promise_kept: drained_operations / returned_operations: of those that came back at the top of the hour,
--   the share that was served
-- is_resaturation: the hour before was saturated too, and this one ran out sooner after the full hour
-- hours_in_a_row: how many hours up to this one were saturated without a break
-- days_at_this_hour: on how many days up to this one the same hour of day was saturated
-- told_less_top_s: median of the time the refusals told to wait less the time left to the next full hour, seconds
-- server_makes_herd: that median lies within told_top_tolerance_s: the server itself sends everybody to the full hour
with

routes as (
    select
        r.tenant_id,
        r.hour,
        sum(r.attempts)::bigint as attempts,
        sum(r.first_attempts)::bigint as first_attempts,
        sum(r.accepted)::bigint as accepted,
        sum(r.attempts_after_onset)::bigint as attempts_after_onset,
        sum(r.accepted_after_onset)::bigint as accepted_after_onset,
        sum(r.relief_attempts)::bigint as relief_attempts,
        sum(r.relief_accepted)::bigint as relief_accepted,
        sum(r.relief_refused)::bigint as relief_refused
    from store.saturation_route as r
    inner join saturable_routes as s on r.http_route is not distinct from s.http_route
    group by r.tenant_id, r.hour
),

lines as (
    select
        l.tenant_id,
        l.hour,
        sum(l.cap)::bigint as cap
    from store.line_hour as l
    group by l.tenant_id, l.hour
),

counted as (
    select
        s.*,
        r.* exclude (tenant_id, hour),
        r.accepted + s.unmet_operations as demand_operations,
        nullif(l.cap, 0) as cap,
        coalesce(
            s.onset_at is null
            or r.accepted_after_onset > parameter_value('no_relief_share') * r.attempts_after_onset,
            false
        ) as is_capacity_censored
    from store.saturation_hour as s
    inner join routes as r on s.tenant_id is not distinct from r.tenant_id and s.hour = r.hour
    left join lines as l on s.tenant_id is not distinct from l.tenant_id and s.hour = l.hour
),

-- Not the hour's own number: where lines were down, an hour fills without carrying what it could.
typical as (
    select
        c.tenant_id,
        quantile_disc(c.accepted, 0.5) as capacity
    from counted as c
    where not c.is_capacity_censored and c.accepted > 0
    group by c.tenant_id
),

sized as (
    select
        c.*,
        nullif(greatest(coalesce(c.cap, t.capacity, 0), c.accepted), 0) as capacity,
        case
            when c.cap >= c.accepted then 'caps in the log'
            when c.cap is null and t.capacity is not null then 'filled hours'
            when c.accepted > 0 then 'lower bound'
        end as capacity_basis
    from counted as c
    left join typical as t on c.tenant_id is not distinct from t.tenant_id
),

-- Hours in a row have the same difference of hour and place.
placed as (
    select
        s.*,
        lag(s.hour) over tenant_hours as hour_before,
        lag(s.onset_at) over tenant_hours as onset_before,
        s.hour - to_hours(row_number() over tenant_hours) as row_of_hours,
        row_number() over (partition by s.tenant_id, hour(s.hour) order by s.hour) as days_at_this_hour
    from sized as s
    window tenant_hours as (partition by s.tenant_id order by s.hour)
),

final as (
    select
        p.tenant_id,
        p.hour,
        p.attempts,
        p.first_attempts,
        p.accepted,
        p.refused,
        p.refused_first_attempts,
        p.refused_operations,
        p.unmet_operations,
        p.demand_operations,
        p.refused / p.attempts as refused_share,
        p.refused_operations / nullif(p.demand_operations, 0) as refused_operations_share,
        p.refused / p.refused_operations as refusals_per_operation,
        p.first_refused_at,
        minute(p.first_refused_at)::integer as first_refused_minute,
        p.onset_at,
        p.last_refused_at,
        1 - (epoch_us(p.onset_at) - epoch_us(p.hour)) / 3600000000 as saturated_fraction,
        p.capacity,
        p.capacity_basis,
        p.is_capacity_censored,
        p.accepted / nullif(p.capacity, 0) as utilisation,
        p.demand_operations / nullif(p.accepted, 0) as overload_ratio,
        case
            when p.relief_attempts = 0 then 'unknown'
            when p.relief_refused = 0 then 'relieved'
            when p.relief_accepted = 0 then 'no relief'
            when p.relief_accepted < parameter_value('no_relief_share') * p.capacity then 'no relief'
            else 'herd took it'
        end as relief,
        coalesce(
            p.hour + interval 1 hour + to_minutes(parameter_value('relief_window_min')::bigint)
            <= (select m.value::timestamp from store.meta as m where m.key = 'newest_at'),
            false
        ) as is_relief_settled,
        60 * p.next_retries_minute_0 / nullif(p.next_retries, 0) as herd_lift,
        p.returned_operations,
        p.drained_operations,
        p.drained_operations / nullif(p.unmet_operations, 0) as drain,
        p.drained_operations / nullif(p.returned_operations, 0) as promise_kept,
        coalesce(
            p.hour_before = p.hour - interval 1 hour
            and p.onset_at - p.hour < p.onset_before - p.hour_before,
            false
        ) as is_resaturation,
        row_number() over (partition by p.tenant_id, p.row_of_hours order by p.hour) as hours_in_a_row,
        p.days_at_this_hour,
        p.told_less_top_ms / 1000 as told_less_top_s,
        abs(p.told_less_top_ms) <= 1000 * parameter_value('told_top_tolerance_s') as server_makes_herd
    from placed as p
)

select * from final
