-- What is known of one hour. Grain: one row per tenant that was answered 4002 in it.
-- Parameters: hour, who (NULL: all tenants)
select s.*
from kept.saturation_hours as s
where s.hour = $hour and ($who::varchar is null or s.tenant_id = $who)
order by s.unmet_operations desc, s.tenant_id
