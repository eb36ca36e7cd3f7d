-- The surfaces of the reference. A parameter of its own where a query mentions it: looked up by each, they would
-- take longer than most queries. Grain: one row per surface.
select s.surface
from api_surfaces as s
