-- Retries by minute: `retry_by_unit` of a query whose period needs them. Grain: one row per tenant and minute.
select
    m.minute as starts_at,
    m.tenant_id,
    m.attempts,
    m.operations,
    m.retries,
    m.errors,
    m.early_retries,
    m.over_budget,
    m.over_high_budget
from retry_minutes as m
