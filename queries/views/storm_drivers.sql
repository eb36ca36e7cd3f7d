-- What the retries of each storm were made of, largest share first.
-- Grain: one row per storm, dimension and value.
--
-- storm_id: the storm, as in retry_storms
-- tenant_id: caller
-- started_at: its first retry, UTC
-- dimension: code (of the answer that was retried), route or surface
-- value: error code, route template or surface; NULL where there was none
-- retries: retries of the storm with this value
-- contribution: these retries / all retries of the storm
-- is_main: whether it is among the fewest values that together reach driver_share
with

ranked as (
    select
        d.*,
        s.tenant_id,
        s.started_at,
        s.retries as storm_retries,
        row_number() over (
            partition by d.storm_id, d.dimension
            order by d.retries desc, d.value nulls last
        ) as position
    from store.storm_driver as d
    inner join store.storm as s on d.storm_id = s.storm_id
),

final as (
    select
        printf('%016x', r.storm_id) as storm_id,
        r.tenant_id,
        r.started_at,
        r.dimension,
        r.value,
        r.retries,
        r.retries / r.storm_retries as contribution,
        sum(r.retries) over (
            partition by r.storm_id, r.dimension
            order by r.position
        ) - r.retries < parameter_value('driver_share') * r.storm_retries as is_main
    from ranked as r
    order by r.started_at, r.storm_id, r.dimension, r.position
)

select * from final
