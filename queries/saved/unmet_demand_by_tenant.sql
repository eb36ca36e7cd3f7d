-- Whose demand stays unmet by 4002, and in how many hours
select
    tenant_id,
    count(*) as hours_with_4002,
    count(onset_at) as saturated_hours,
    sum(refused_operations) as refused_operations,
    sum(unmet_operations) as unmet_operations,
    min(first_refused_minute) as earliest_minute
from saturation_hours
group by tenant_id
order by unmet_operations desc
