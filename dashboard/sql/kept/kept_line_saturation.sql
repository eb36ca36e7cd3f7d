-- Lines that refusals named as used up. Grain: one row per tenant, line and hour.
select v.*
from line_saturation as v
