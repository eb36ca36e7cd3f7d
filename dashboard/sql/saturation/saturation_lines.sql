-- Lines that refusals named as used up, those with most refusals first. Grain: one row per tenant and line.
-- Parameters: start, end, tenant (NULL: all)
select
    l.tenant_id,
    l.line,
    count(*) as hours_named,
    count(l.filled_at) as hours_filled,
    min(l.cap) as cap_low,
    max(l.cap) as cap_high,
    min(minute(l.filled_at))::integer as earliest_filled_minute,
    median(minute(l.filled_at)) as median_filled_minute,
    count(*) filter (l.filled_basis = 'delivery') as filled_by_delivery,
    sum(l.refusals)::bigint as refusals,
    max(l.hour) as last_hour
from kept.line_saturation as l
where
    l.hour >= date_trunc('hour', $start::timestamp)
    and l.hour < $end
    and ($tenant::varchar is null or l.tenant_id = $tenant)
group by l.tenant_id, l.line
order by refusals desc, l.tenant_id, l.line
