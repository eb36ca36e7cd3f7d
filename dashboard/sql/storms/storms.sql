-- The storms that were under way in the period, most costly first. Grain: one row per storm.
-- With surfaces chosen, those with a retry on one of them; their figures are those of the whole storm.
-- Parameters: start, end, surfaces (empty: all), tenant (NULL: all)
with

touched as (
    select distinct d.storm_id
    from kept.storm_drivers as d
    where
        d.dimension = 'surface'
        and case when d.value in $documented::varchar[] then d.value else 'other' end
        in $surfaces::varchar[]
)

select s.*
from kept.retry_storms as s
where
    s.started_at < $end
    and s.ended_at >= $start
    and ($tenant::varchar is null or s.tenant_id = $tenant)
    and (len($surfaces::varchar[]) = 0 or s.storm_id in (select storm_id from touched))
order by s.wasted_attempts desc, s.retries desc, s.started_at
