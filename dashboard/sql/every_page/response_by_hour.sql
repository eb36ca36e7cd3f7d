-- The sums of responses by hour: `response_by_unit` of a query whose period and steps are full hours.
-- Grain: as store.response_hour.
select h.hour as starts_at, h.* exclude (hour)
from store.response_hour as h
