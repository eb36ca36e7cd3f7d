-- What the tenant filter offers: the busiest tenants, by name. Grain: one row per tenant.
with

busiest as (
    select h.tenant_id
    from store.response_hour as h
    where h.tenant_id is not null
    group by all
    order by sum(h.responses) desc
    limit 1000
)

select tenant_id
from busiest
order by tenant_id
