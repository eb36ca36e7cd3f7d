-- Tenants whose operations with an error became more or fewer since the window before, beyond chance (see
-- macro movers).
-- Grain: one row per tenant that changed.
-- Parameters: before_since, before_until, since, until
select
    m.group_value as tenant_id,
    m.before_errors,
    m.after_errors,
    m.rate_ratio,
    m.rate_ratio_low,
    m.rate_ratio_high,
    m.q_value,
    m.verdict
from movers($before_since, $before_until, $since, $until, dimension := 'tenant_id') as m
where m.verdict != 'no change shown'
order by abs(m.after_errors - m.before_errors) desc, tenant_id
