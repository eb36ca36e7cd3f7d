-- Whose lines ran out (4002) in hours that reach into a window, the most unmet demand first, beside the windows compared
-- with. first_minute is the earliest minute of an hour that met a refusal.
-- Grain: one row per tenant that was refused in the window.
-- Parameters: since, until; before_since, before_until, week_since, week_until (NULL: not to be compared)
with

hours as (
    select h.*
    from saturation_hours as h
    where h.hour >= date_trunc('hour', $since::timestamp) and h.hour < $until
),

earlier as (
    select
        h.tenant_id,
        sum(h.unmet_operations)
            filter (h.hour >= date_trunc('hour', $before_since::timestamp) and h.hour < $before_until) as before,
        sum(h.unmet_operations)
            filter (h.hour >= date_trunc('hour', $week_since::timestamp) and h.hour < $week_until) as week
    from saturation_hours as h
    group by all
),

summed as (
    select
        h.tenant_id,
        count(*) as hours,
        sum(h.accepted)::bigint as accepted,
        sum(h.refused)::bigint as refused,
        sum(h.refused_operations)::bigint as refused_operations,
        sum(h.unmet_operations)::bigint as unmet_operations,
        min(h.first_refused_minute) as first_minute,
        max(h.hours_in_a_row) as hours_in_a_row,
        count(*) filter (h.relief = 'relieved') as relieved_hours,
        count(*) filter (h.relief = 'herd took it') as herd_hours,
        count(*) filter (h.relief = 'no relief') as unrelieved_hours,
        count(*) filter (h.relief = 'unknown') as unknown_hours,
        list({'hour': h.hour, 'refused': h.refused, 'unmet': h.unmet_operations} order by h.hour) as by_hour
    from hours as h
    group by all
)

select
    s.*,
    case when $before_since::timestamp is not null then coalesce(e.before, 0)::bigint end as unmet_before,
    case when $week_since::timestamp is not null then coalesce(e.week, 0)::bigint end as unmet_week_before
from summed as s
left join earlier as e on s.tenant_id is not distinct from e.tenant_id
order by s.unmet_operations desc, s.refused desc, s.tenant_id
