-- Retries by hour: `retry_by_unit` of a query whose period and steps are full hours. Grain: as kept.retry_hours.
select
    h.hour as starts_at,
    h.* exclude (hour)
from kept.retry_hours as h
