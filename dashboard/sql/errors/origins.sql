-- Errors by where the responses came from, in the full hours that the period touches, and in the same hours a
-- week before (of versions: all together, since last week ran others). Grain: one row per kind and origin.
with

here as (
    select
        o.kind,
        o.origin,
        sum(o.responses)::bigint as responses,
        sum(o.responses - o.unclassified)::bigint as classified,
        sum(o.errors)::bigint as errors,
        sum(o.server_errors)::bigint as server_errors
    from store.origin_hour as o
    where o.hour >= date_trunc('hour', $start::timestamp) and o.hour < $end::timestamp
    group by all
),

week_before as (
    select
        o.kind,
        case when o.kind != 'version' then o.origin end as origin,
        sum(o.responses - o.unclassified)::bigint as classified,
        sum(o.errors)::bigint as errors
    from store.origin_hour as o
    where
        o.hour >= date_trunc('hour', $start::timestamp) - interval 7 days
        and o.hour < $end::timestamp - interval 7 days
    group by all
)

select
    h.kind,
    h.origin,
    h.responses,
    h.errors,
    h.errors / nullif(h.classified, 0) as error_ratio,
    wilson_low(h.errors, h.classified) as error_ratio_low,
    wilson_high(h.errors, h.classified) as error_ratio_high,
    h.server_errors,
    h.server_errors / nullif(h.classified, 0) as server_error_ratio,
    wilson_low(h.server_errors, h.classified) as server_error_ratio_low,
    wilson_high(h.server_errors, h.classified) as server_error_ratio_high,
    w.errors / nullif(w.classified, 0) as week_before_error_ratio
from here as h
left join week_before as w
    on h.kind = w.kind
    and case when h.kind != 'version' then h.origin end is not distinct from w.origin
order by h.kind, h.origin nulls last
