-- The lines that refusals of one hour named as used up. Grain: one row per tenant and line.
-- Parameters: hour, who (NULL: all tenants)
select l.* exclude (hour)
from kept.line_saturation as l
where l.hour = $hour and ($who::varchar is null or l.tenant_id = $who)
order by l.filled_at nulls last, l.tenant_id, l.line
