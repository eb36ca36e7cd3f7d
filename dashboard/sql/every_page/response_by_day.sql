-- The sums of responses by day: `response_by_unit` of a selection of full days and all tenants.
-- Grain: as kept.response_days.
select d.*
from kept.response_days as d
