-- Did lines free up at :00?
select
    hour,
    tenant_id,
    unmet_operations,
    relief,
    returned_operations,
    drained_operations
from saturation_hours
where onset_at is not null
order by hour, tenant_id
