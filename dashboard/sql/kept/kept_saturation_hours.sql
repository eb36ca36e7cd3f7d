-- All hours with a 4002. Grain: one row per tenant and hour.
select v.*
from saturation_hours as v
