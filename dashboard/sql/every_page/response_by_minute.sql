-- The sums of responses by minute: `response_by_unit` of a query whose period needs them.
-- Grain: as store.response_minute.
select m.minute as starts_at, m.* exclude (minute)
from store.response_minute as m
