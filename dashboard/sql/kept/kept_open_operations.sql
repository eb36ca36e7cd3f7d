-- Operations that had not ended when the data end. Grain: one row per operation.
select
    o.tenant_id,
    case when o.surface in (select surface from api_surfaces) then o.surface else 'other' end as surface,
    o.first_answered_at,
    o.last_retryable
from open_operations as o
