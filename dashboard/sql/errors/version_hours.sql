-- Error ratios by service version, hour by hour, and of all versions in the same hour a week before. Grain: one
-- row per hour and version; version NULL for all of them together, with rows for hours without any.
with

hours as (
    select unnest(
        range(date_trunc('hour', $start::timestamp), $end::timestamp, interval 1 hour)
    ) as hour
),

counted as (
    select
        o.hour,
        o.origin as service_version,
        o.responses,
        o.responses - o.unclassified as classified,
        o.errors,
        o.server_errors
    from store.origin_hour as o
    where
        o.kind = 'version'
        and o.hour >= date_trunc('hour', $start::timestamp) - interval 7 days
        and o.hour < $end::timestamp
),

everything as (
    select
        c.hour,
        sum(c.responses)::bigint as responses,
        sum(c.classified)::bigint as classified,
        sum(c.errors)::bigint as errors,
        sum(c.server_errors)::bigint as server_errors
    from counted as c
    group by c.hour
)

select
    h.hour,
    c.service_version,
    c.responses,
    c.errors,
    c.errors / nullif(c.classified, 0) as error_ratio,
    wilson_low(c.errors, c.classified) as error_ratio_low,
    wilson_high(c.errors, c.classified) as error_ratio_high,
    null::double as week_before_error_ratio
from hours as h
inner join counted as c on h.hour = c.hour
where c.service_version is not null
union all
select
    h.hour,
    null as service_version,
    a.responses,
    a.errors,
    a.errors / nullif(a.classified, 0) as error_ratio,
    wilson_low(a.errors, a.classified) as error_ratio_low,
    wilson_high(a.errors, a.classified) as error_ratio_high,
    w.errors / nullif(w.classified, 0) as week_before_error_ratio
from hours as h
left join everything as a on h.hour = a.hour
left join everything as w on h.hour - interval 7 days = w.hour
order by service_version nulls first, hour
