-- When the lines run out in the newest hour. Grain: one row per tenant.
select v.*
from saturation_forecast as v
