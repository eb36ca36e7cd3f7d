-- What the retries of one storm were made of, with the latest retry of each kind. Codes are those of the
-- answer that was retried. Grain: one row per dimension and value, largest share first.
-- Parameters: storm, tenant, from_at, to_at
with

latest as (
    select
        unnest(['code', 'route', 'surface']) as dimension,
        unnest([r.previous_error_code::varchar, r.http_route, r.surface]) as value,
        r.trace_id,
        r.received_at
    from store.retry as r
    where
        r.received_at >= $from_at
        and r.received_at <= $to_at
        and r.tenant_id is not distinct from $tenant::varchar
),

example as (
    select l.dimension, l.value, arg_max(l.trace_id, l.received_at) as trace_id
    from latest as l
    group by all
)

select
    d.dimension,
    d.value,
    k.error_type,
    d.retries,
    d.contribution,
    d.is_main,
    e.trace_id
from kept.storm_drivers as d
left join example as e on d.dimension = e.dimension and d.value is not distinct from e.value
left join error_codes as k on d.dimension = 'code' and d.value = k.error_code::varchar
where d.storm_id = $storm
order by d.dimension, d.retries desc, d.value
