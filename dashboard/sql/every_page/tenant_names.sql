-- What the tenant filter offers: the busiest tenants, by name. Grain: one row per tenant.
with

busiest as (
    select r.tenant_id
    from store.response as r
    where r.tenant_id is not null
    group by all
    order by count(*) desc
    limit 1000
)

select tenant_id
from busiest
order by tenant_id
